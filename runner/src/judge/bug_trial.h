// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "judge/bug.h"
#include "judge/failure_rate.h"

namespace o2lab {

/// How often a bug has shown on one of its kernels.
struct BugTally {
  int shown = 0;
  int clean = 0;      ///< the case passed
  int otherwise = 0;  ///< the case failed, but not as the bug does: neither shown nor clean
  int lost = 0;       ///< the lab could not carry it to a verdict: no trial
  int lost_in_a_row = 0;
  std::string seen;     ///< the first line that showed it
  std::string another;  ///< reason of the first run that failed otherwise
  int trials() const { return shown + clean + otherwise; }
  /// "3 of 20 runs, 15 % [5.2 to 36 %]": the interval of interval_of().
  std::string text(Sampling sampling) const;
};

/// A bug on its way to an answer: what each of its two kernels has done so far.
class BugTrial {
 public:
  /// `both`: the good kernel is run as well. `fixed`: so many runs of each, whatever shows; 0: until it has.
  BugTrial(Bug bug, bool both, int fixed = 0) : bug_(std::move(bug)), both_(both), fixed_(fixed) {}

  const Bug& bug() const { return bug_; }
  bool both() const { return both_; }
  const BugTally& tally(bool bad) const { return bad ? bad_ : good_; }

  /// Counts a run, and returns it as the reports shall show it: what is as it should be passes, a bad kernel
  /// that shows the bug among it. `run_dir`: where its consoles are.
  CaseResult take(bool bad, CaseResult result, const fs::path& run_dir);
  /// Whether a further run on this kernel would tell more: of the bad one until the bug has shown, of the
  /// good one until it was clean, or was not, as often as the bad one would have shown it by.
  bool needs(bool bad) const;
  /// Nothing more is to be run.
  bool answered() const { return !needs(true) && !needs(false); }
  enum class Answer {
    reproduced,  ///< it has shown and, with both kernels, the good one was clean often enough
    not_so,      ///< it has not shown, or the good kernel was not clean
    not_told,    ///< too few runs came to a verdict
  };
  Answer answer() const;
  /// "reproduced: …", "not reproduced: …" or "cannot tell: …", one line.
  std::string verdict() const;
  /// Of the program: 0, 1, 3.
  int exit_code() const;

  Sampling sampling() const { return fixed_ > 0 ? Sampling::fixed : Sampling::outcome; }

 private:
  bool is_sure(const BugTally& tally) const;
  bool given_up(const BugTally& tally) const;

  Bug bug_;
  bool both_;
  int fixed_;  ///< runs of each; 0: until answered
  BugTally bad_, good_;
};

}  // namespace o2lab
