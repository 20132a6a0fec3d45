// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/event_log.h"
#include "cli/options.h"
#include "judge/gtest_bridge.h"

namespace o2lab {

/// What is left to tell once the last case is over.
struct EndedRun {
  const RunResult& result;
  const std::vector<Event>& events;
  fs::path run_dir;
  std::string events_error;  ///< why events.jsonl is not whole
  std::string broken;        ///< why the run could not go on
  bool interrupted = false;
};

/// Writes the reports of the run, prints its end, and returns what the program exits with.
int close_run(const EndedRun& run);
/// The reports of one case; says on stderr what cannot be written.
void write_case(const CaseResult& result, const fs::path& run_dir);
/// "o2lab: RUN DIRECTORY, kernel …": the first line of a run.
void print_start(const fs::path& run_dir, const RunResult& result);

/// The timelines of the labs 1 to `labs` as the one of the run. Returns why that is not whole, else empty.
std::string join_events(const fs::path& run_dir, int labs, std::vector<Event>& events);

/// Several cases at a time, each in a lab of its own (CasePool).
int run_beside(const Options& options, const StopFd& stop, GtestRun run);

}  // namespace o2lab
