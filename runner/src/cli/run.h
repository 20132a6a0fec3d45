// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "cli/options.h"
#include "judge/expected_failures.h"
#include "judge/failure_rate.h"
#include "judge/gtest_bridge.h"
#include "judge/kept_results.h"
#include "report/progress.h"
#include "report/run_events.h"

namespace o2lab {

class CasePool;

/// What is left to tell once the last case is over.
struct EndedRun {
  const RunResult& result;
  const std::vector<Event>& events;
  fs::path run_dir;
  std::string events_error;  ///< why events.jsonl is not whole
  std::string broken;        ///< why the run could not go on
  bool interrupted = false;
  std::optional<int> answer;  ///< exit code, where the run had a question instead of cases that must pass
  bool went_on = false;       ///< its results of an earlier sitting may be in the history already
};

/// How far a run has come, and what an earlier sitting left to this one.
struct Sitting {
  RunProgress progress;
  KeptResults kept;
  bool resumed = false;
};

/// Writes the reports of the run, prints its end, and returns what the program exits with.
int close_run(const EndedRun& run);
/// The reports of one case; says on stderr what cannot be written.
void write_case(const CaseResult& result, const fs::path& run_dir);
/// The same, and its result where a later sitting finds it. `healthy`: a skip means that the case cannot run
/// here, not that the run is at its end.
void keep_case(const CaseResult& result, const fs::path& run_dir, RunProgress& progress,
               bool healthy = false);
/// What a run is asked for; throws as load_kernel() does.
RunAsked asked_of(const Options& options);
/// What earlier sittings of the run have left; throws input when the cases or what they run on are others
/// now.
Sitting resumed_sitting(const Options& options);
/// Puts results of this sitting, and the kept ones among them, into the run that it goes on with.
void go_on_with(const RunProgress& progress, RunResult& result);
/// "o2lab: RUN DIRECTORY, kernel …": the first line of a run.
void print_start(const fs::path& run_dir, const RunResult& result);

/// What a run holds its results against beside the cases' own expectations.
class RunJudge {
 public:
  explicit RunJudge(const Options& options);
  /// Of a result that just came: cases/expected.toml, then the question of --until-confident.
  void judge(CaseResult& result);
  /// Of one of an earlier sitting, which is judged already.
  void keep(const CaseResult& result);
  /// Has `run` end as soon as the question is answered.
  void ask(GtestRun& run);
  bool answered() const { return question_ && question_->answered(); }
  /// Puts the answer into `result`; returns the exit code that it asks for.
  std::optional<int> conclude(RunResult& result) const;

 private:
  ExpectedFailures expected_;
  bool stops_by_outcome_;  ///< so that no interval for a fixed number of trials holds
  std::optional<RateQuestion> question_;
};

/// Why a case whose nodes boot another image than the default one cannot run; empty when it can.
std::string lacks_image(const SessionOptions& session, const CaseSpec& spec);

/// The timeline and the reports of a run of several labs that keeps no history, `section` before its cases.
/// Returns what could not be written, a line each.
std::vector<std::string> write_pool_reports(CasePool& pool, const fs::path& run_dir, std::string section);

/// Several cases at a time, each in a lab of its own (CasePool).
int run_beside(const Options& options, const StopFd& stop, GtestRun run, RunJudge& judge, Sitting sitting);

}  // namespace o2lab
