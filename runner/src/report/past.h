// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "judge/case_key.h"
#include "judge/result.h"
#include "observe/timeline.h"

namespace o2lab {

/// How long the cluster took over something in one case.
struct Took {
  std::string what;  ///< fenced, detect, recover, resume
  std::string test;  ///< full name of the case
  double seconds = 0;
  std::string under = {};  ///< timeouts_of() the case: only equal ones are of one distribution
};

/// Of the deaths of a case and its measured stalls: fault to the end of a node that was fenced, death to the
/// first survivor that counts it as down, death to the last recovery, longest stall of a writer.
std::vector<Took> times_taken(const CaseResult& result, const std::vector<DeathTimes>& deaths);

/// What a case was timed by, "threshold 4, idle 4 s"; of an older result at least the topology of its run.
std::string timeouts_of(const CaseResult& result, const std::string& topology);

/// What earlier runs had to say; for comparison in the report of a new one.
struct Past {
  /// Endings of the cases that the new run has, too.
  struct Run {
    std::string id;
    std::string started;  ///< wall time, "2026-11-22T15:50:03.123Z"
    int passed = 0;
    int failed = 0;
    int skipped = 0;
  };
  std::vector<Run> runs;                    ///< that have at least half of its cases, oldest first
  std::map<CaseKey, std::string> verdicts;  ///< a letter a run, oldest first: p, f, e, s
  std::vector<Took> times;                  ///< of its cases, in those runs
};

}  // namespace o2lab
