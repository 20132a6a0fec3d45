// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "cli/history.h"
#include "cli/inputs.h"
#include "cli/preflight.h"
#include "cli/selection.h"
#include "judge/case_worker.h"
#include "judge/session_runner.h"
#include "report/console_summary.h"
#include "report/json.h"
#include "report/summary_line.h"
#include "report/write.h"

namespace o2lab {

namespace {

/// What went wrong in writing them, a line for each; a full disk is found here at the latest.
std::vector<std::string> write_reports(const EndedRun& run) {
  std::vector<std::string> wrong;
  if (!run.events_error.empty())
    wrong.push_back(
        fmt::format("{}: not complete: {}", (run.run_dir / "events.jsonl").native(), run.events_error));
  try {
    ReportExtras extras;
    const std::vector<CaseEvents> parts = split_events(run.result, run.events);
    extras.past = remember(run.result, run.run_dir, parts, run.went_on);
    write_run_reports(run.result, parts, run.run_dir, std::move(extras));
  } catch (const std::exception& error) {
    wrong.emplace_back(error.what());
  }
  return wrong;
}

GtestRun gtest_run(const Options& options) {
  GtestRun run;
  run.wanted = [&](const RegisteredCase& one) { return is_wanted(options, one); };
  run.skip_reason = [&](const CaseSpec& spec) -> std::string {
    const fs::path& repository = options.session.repository;
    const std::string& flavour = flavour_in(spec, options.session.flavour);
    // Without the run's own kernel there is no run.
    for (const std::string& one : flavours_of(options.session, spec))
      if (one != options.session.flavour && !kernel_is_built(repository, one))
        return fmt::format("needs the {0} kernel: make kernel KERNEL={0}", one);
    if (const std::string why = lacks_image(options.session, spec); !why.empty()) return why;
    for (const std::string& part : {spec.part, spec.from_part})
      if (const std::string why = lacks_part(load_kernel(repository, flavour), part); !why.empty())
        return why;
    return {};
  };
  // GoogleTest's own loop would go on for ever after Ctrl-C.
  const int by_gtest = testing::GTEST_FLAG(repeat);
  testing::GTEST_FLAG(repeat) = 1;
  constexpr int64_t many = 1000000;
  run.repeat = static_cast<int>(by_gtest < 0 ? many : std::min(many, int64_t{options.repeat} * by_gtest));
  run.until_fail = options.until_fail;
  return run;
}

/// All cases in one lab of this process, one after another.
int run_in_turn(const Options& options, const StopFd& stop, GtestRun run, RunJudge& judge) {
  Session session(options.session, stop);
  RunResult begun = session.result();
  begun.shard = options.shard;  // a plan takes the variables out of the environment
  RunProgress progress(session.run_dir(), asked_of(options), begun);
  print_start(session.run_dir(), session.result());
  run.finished = [&](const CaseResult& result) {
    keep_case(result, session.run_dir(), progress, !session.interrupted() && session.broken().empty());
  };
  SessionRunner runner(session, [&](CaseResult& result) { judge.judge(result); });
  run_by_gtest(runner, run);
  const bool to_its_end = runner.why_not().empty();
  session.finish(own_cpu());
  const std::vector<Event> events = session.events().since(0, [](const Event&) { return true; });
  RunResult result = session.result();
  result.shard = options.shard;
  const std::optional<int> answer = judge.conclude(result);
  const int code = close_run({result, events, session.run_dir(), session.events().write_error(),
                              session.broken(), session.interrupted(), answer});
  if (to_its_end) progress.end();
  return code;
}

/// Whether there is nothing to go on with. What the lab could not judge is tried again.
bool has_ended(const Sitting& sitting) {
  const std::vector<CaseResult>& cases = sitting.progress.run().cases;
  return sitting.resumed && sitting.progress.ended() &&
         std::none_of(cases.begin(), cases.end(),
                      [](const CaseResult& one) { return one.verdict == Verdict::error; });
}

/// GoogleTest prints them as it documents; the cases are never made, so that no lab is needed.
int list_by_gtest(const Options& options) {
  for (const RegisteredCase& one : all_cases())
    if (is_wanted(options, one))
      testing::RegisterTest(one.spec.suite.c_str(), one.spec.name.c_str(), nullptr, nullptr,
                            one.spec.file.c_str(), one.spec.line, []() -> testing::Test* { return nullptr; });
  return RUN_ALL_TESTS();
}

}  // namespace

std::string lacks_image(const SessionOptions& session, const CaseSpec& spec) {
  const std::string image = spec.topology.empty() ? "default" : find_topology(spec.topology).image;
  if (!session.topology.empty() && find_topology(session.topology).image != image)
    return fmt::format("needs nodes with the {} image: topology {} has others", image, session.topology);
  // Without the default image there is no run.
  if (image == "default" || image_is_built(session.repository, image)) return {};
  return fmt::format("needs the {0} image: make image IMAGE={0}", image);
}

int close_run(const EndedRun& run) {
  const std::vector<std::string> unwritten = write_reports(run);
  fmt::print("{}", console_summary(run.result, run.run_dir, ::isatty(STDOUT_FILENO) == 1));
  for (const std::string& line : unwritten) fmt::print(stderr, "o2lab: {}\n", line);
  if (run.interrupted) return kInterrupted;
  if (!run.broken.empty()) {
    fmt::print(stderr, "o2lab: {}\n", run.broken);
    return 3;
  }
  if (!unwritten.empty()) return 3;  // verdicts of a run whose record is not whole are none
  if (run.answer) return *run.answer;
  const Counts counts = count(run.result.cases);
  if (counts.failed > 0) return 1;
  return counts.passed + counts.expected == 0 ? 4 : 0;
}

void keep_case(const CaseResult& result, const fs::path& run_dir, RunProgress& progress, bool healthy) {
  write_case(result, run_dir);
  try {
    if (result.verdict != Verdict::skip || healthy) progress.add(result);
  } catch (const Error& error) {
    fmt::print(stderr, "o2lab: {}\n", error.what());
  }
}

void write_case(const CaseResult& result, const fs::path& run_dir) {
  try {
    write_case_reports(result, run_dir);
  } catch (const Error& error) {
    fmt::print(stderr, "o2lab: {}\n", error.what());
  }
}

void print_start(const fs::path& run_dir, const RunResult& result) {
  fmt::print("o2lab: {}, kernel {} {}, {}\n", run_dir.native(), result.kernel.flavour, result.kernel.version,
             result.accel);
}

int run_cases(const Options& options, const StopFd& stop) {
  if (!options.against.empty()) return run_against(options, stop);
  if (options.session.flavour.find('@') != std::string::npos)
    fail(ErrorKind::input, "--kernel {}: FLAVOUR@PART is for --against; all parts: o2lab series",
         options.session.flavour);
  if (!options.plan.empty() && options.patterns.empty()) {
    fmt::print(stderr, "o2lab: the plan has no case of leg {} for shard {}\n", options.leg,
               options.shard.index);
    return 4;
  }
  refuse_unknown(options.patterns);
  if (testing::GTEST_FLAG(list_tests)) return list_by_gtest(options);
  require_host(options.session.results);
  RunJudge judge(options);
  GtestRun run = gtest_run(options);
  judge.ask(run);
  if (options.jobs == 1 && options.resume.empty()) return run_in_turn(options, stop, std::move(run), judge);
  Sitting sitting;
  if (!options.resume.empty()) sitting = resumed_sitting(options);
  if (has_ended(sitting)) {
    const RunResult result = read_results(options.resume);
    fmt::print(stderr, "o2lab: {}: nothing is left to run\n", options.resume);
    return close_run({result, read_events(options.resume), options.resume, "", "", false, {}, true});
  }
  for (const CaseResult& one : sitting.progress.run().cases)
    if (one.told()) judge.keep(one);
  return run_beside(options, stop, std::move(run), judge, std::move(sitting));
}

}  // namespace o2lab
