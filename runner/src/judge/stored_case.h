// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "judge/report_fingerprint.h"
#include "judge/result.h"

namespace o2lab {

/// Topology of a run that leaves it to its cases.
inline constexpr const char* kOwnTopology = "as each case asks";

/// A run as the history has it.
struct StoredRun {
  std::string id;
  std::string dir;         ///< absolute; may be gone
  int64_t started_ns = 0;  ///< wall time
  int64_t ended_ns = 0;
  std::string started;  ///< "2026-11-22T15:50:03.123Z"
  std::string flavour;
  std::string version;
  std::string kernel_hash;
  std::string accel;
  std::string topology;
  std::string host;  ///< empty: stored before hosts were
  std::string command;
  int64_t passed = 0;
  int64_t failed = 0;
  int64_t skipped = 0;
  bool whole =
      false;  ///< with host, kernel reports and expected failures, which older programs did not store
};

struct StoredReport {
  int node = 0;  ///< from 1
  std::string kind;
  ReportFingerprint fingerprint;
};

/// A kernel report, and the run in which it was first met.
struct SeenReport {
  ReportFingerprint fingerprint;
  std::string run;
  std::string started;  ///< of that run, wall time
};

/// One case as it ended in one run.
struct StoredCase {
  int64_t id = 0;
  std::string run;
  std::string started;  ///< of the run, wall time
  int64_t started_ns = 0;
  std::string kernel;   ///< flavour and version
  std::string flavour;  ///< that the case ran on
  std::string kernel_hash;
  std::string topology;
  std::string accel;
  std::string name;
  std::string folder;   ///< below the run directory
  std::string verdict;  ///< name_of(Verdict)
  std::string failure;  ///< name_of(FailureClass)
  std::string reason;
  std::string expected;  ///< why cases/expected.toml has it fail; empty: it has not
  Duration duration{};
  std::vector<Interval> intervals;
  std::vector<StoredReport> reports;
  bool failed() const { return verdict == "fail" || verdict == "error"; }
  /// Whether it says anything about the kernel.
  bool told() const { return verdict == "pass" || verdict == "fail"; }
};

}  // namespace o2lab
