// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "judge/case_key.h"
#include "judge/comparison.h"
#include "judge/failure_rate.h"
#include "judge/rate_change.h"
#include "judge/stored_case.h"

namespace o2lab {

/// What of a kind is named wrongly in a night in which nothing changed: at most once in a hundred such
/// nights, however many cases and times are looked at.
constexpr double kMorningConfidence = 0.99;

/// Trials of a case in one run.
struct MorningRun {
  std::string id;
  std::string started;
  std::string kernel_hash;
  bool tonight = false;
  FailureRate rate;
};

enum class Standing { passes, new_failure, still_failing, known_failure, fixed, flaky, no_verdict };
const char* name_of(Standing standing);

/// One case, tonight and before.
struct MorningCase {
  CaseKey key;
  Standing standing = Standing::passes;
  FailureRate tonight, before;
  std::vector<MorningRun> runs;  ///< that gave a verdict, oldest first
  std::optional<size_t> since;  ///< of `runs`: from where on it fails, or passes again; none: nothing to date
  RateChange change;            ///< up where it fails tonight, else down
  StoredCase shown;             ///< failed tonight where one did, else its last failure, else its last ending
  /// Run and folder of each failure of tonight, oldest first.
  std::vector<std::pair<std::string, std::string>> failures;
  std::string why;      ///< what the numbers say, one sentence
  bool is_new = false;  ///< something to look at that the morning before did not show
};

/// A time of a case, over the runs that measured it.
struct MorningTime {
  struct Run {
    std::string id;
    std::string started;
    std::vector<double> seconds;
  };
  CaseKey key;
  std::string name;       ///< of the interval, or kWholeCase
  std::vector<Run> runs;  ///< oldest first
  size_t since = 0;       ///< of `runs`: the first of those that are held against the ones before
  std::vector<double> before, now;
  Shift shift;
  std::string shown_run;  ///< the last run, and the case's folder in it
  std::string shown_folder;
  bool is_new = false;  ///< not to be told without tonight
};

struct MorningTimes {
  size_t looked_at = 0;   ///< times that tonight has and earlier runs have
  size_t too_few = 0;     ///< those of them with too few measurements to tell
  double confidence = 0;  ///< of each interval, so that all of them together have kMorningConfidence
  std::vector<MorningTime> slower, faster;
  Overall overall;  ///< whole cases, tonight's median against that before
};

/// A kernel report of tonight, however often it came.
struct MorningReport {
  ReportFingerprint fingerprint;
  std::string kind;
  size_t count = 0;
  std::vector<std::string> cases, nodes, runs;  ///< in which it came, each once
  std::string shown_run, shown_folder;          ///< one of them
  std::string first_run, first_started;         ///< in which it was met first
  bool is_new = false;
};

/// A case that ran lately on a flavour and topology that others ran on tonight, and did not.
struct MorningMissing {
  CaseKey key;
  std::string run, started;  ///< the last that had it
  std::string reason;        ///< tonight: skipped, why; empty: not there at all
};

struct Morning {
  std::vector<StoredRun> night;    ///< oldest first
  std::vector<MorningCase> cases;  ///< all that ran tonight, by name
  MorningTimes times;
  std::vector<MorningReport> reports;   ///< new ones first
  std::vector<MorningMissing> missing;  ///< of single cases
  std::vector<MorningMissing> not_run;  ///< whole flavours and topologies; the key has no name
  std::vector<const MorningCase*> of(Standing standing) const;
  bool anything_new() const;
};

/// `tonight`: all endings of the night's runs; `earlier`: endings of the same cases before; both oldest
/// first.
Morning morning_of(std::vector<StoredRun> night, const std::vector<StoredCase>& tonight,
                   const std::vector<StoredCase>& earlier, const std::vector<SeenReport>& seen);

// Its parts.
std::vector<MorningCase> morning_cases(const std::vector<StoredCase>& tonight,
                                       const std::vector<StoredCase>& earlier);
MorningTimes morning_times(const std::vector<StoredCase>& tonight, const std::vector<StoredCase>& earlier);
std::vector<MorningReport> morning_reports(const std::vector<StoredCase>& tonight,
                                           const std::vector<SeenReport>& seen);

}  // namespace o2lab
