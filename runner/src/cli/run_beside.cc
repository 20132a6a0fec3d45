// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "cli/last_durations.h"
#include "cli/run.h"
#include "judge/admission.h"
#include "judge/case_pool.h"
#include "judge/case_worker.h"
#include "report/json.h"
#include "report/write.h"

namespace o2lab {

namespace {

/// To the minute, or to ten seconds where it is less than two.
std::string roughly(Duration d) {
  const double s = to_seconds(d);
  return s < 120 ? fmt::format("{:.0f} s", std::ceil(s / 10) * 10)
                 : fmt::format("{:.0f} min", std::round(s / 60));
}

/// GoogleTest's lines come in its own order, which may be minutes later.
void print_progress(const CaseResult& result, int over, int of, std::optional<Duration> left) {
  fmt::print(stderr, "o2lab: case {} of {} over: {}: {} after {}{}\n", over, of, result.full_name(),
             name_of(result.verdict), human(result.duration()),
             left && over < of ? fmt::format("; about {} left", roughly(*left)) : "");
}

}  // namespace

std::vector<std::string> write_pool_reports(CasePool& pool, const fs::path& run_dir, std::string section) {
  std::vector<std::string> wrong;
  try {
    std::vector<Event> events;
    if (const std::string why = join_events(run_dir, events); !why.empty()) wrong.push_back(why);
    write_run_reports(pool.result(), split_events(pool.result(), events), run_dir,
                      {.section = std::move(section), .past = {}, .beats = {}});
  } catch (const std::exception& error) {
    wrong.emplace_back(error.what());
  }
  if (!pool.unwritten().empty()) wrong.push_back(pool.unwritten());
  return wrong;
}

int run_beside(const Options& options, const StopFd& stop, GtestRun run, RunJudge& judge, Sitting sitting) {
  SessionOptions session = options.session;
  RunProgress& progress = sitting.progress;
  if (!sitting.resumed) session.run_id = new_run_id();
  const fs::path run_dir = session.results / session.run_id;
  int over = 0;
  CasePool* pool_of_run = nullptr;

  CasePool::Options pool_options;
  pool_options.jobs = options.jobs;
  pool_options.repeat = run.repeat;
  pool_options.until_fail = run.until_fail;
  pool_options.stop_at_failure = session.keep || testing::GTEST_FLAG(fail_fast);
  pool_options.kept = run.kept = &sitting.kept;
  const int first_lab = sitting.resumed ? progress.next_lab() : 1;
  pool_options.first_lab = first_lab;
  pool_options.expected = expected_durations(session.results);
  pool_options.fits = [admission = Admission::of_this_host(session.flavour, session.topology)](
                          const auto& running, const RegisteredCase& next) {
    return admission.fits(running, next);
  };
  pool_options.lab = [&](int number, int fd) {
    SessionOptions own = session;
    own.lab = number;
    return serve_cases(own, stop, fd);
  };
  pool_options.judge = [&](CaseResult& result, unsigned) { judge.judge(result); };
  pool_options.answered = [&] { return judge.answered(); };
  pool_options.ended = [&](const CaseResult& result) {
    keep_case(result, run_dir, progress);
    ++over;
    if (!testing::GTEST_FLAG(brief))
      print_progress(result, over, pool_of_run->total(), pool_of_run->time_left());
  };
  // It would print how long it has waited, not how long the case has taken.
  testing::GTEST_FLAG(print_time) = false;

  CasePool pool(std::move(pool_options), stop);
  pool_of_run = &pool;
  pool.result().shard = options.shard;  // a plan takes the variables out of the environment
  if (sitting.resumed)
    progress.sit_down(first_lab);
  else
    progress = RunProgress(run_dir, asked_of(options), pool.result());
  run.finished = [&](const CaseResult& result) {
    if (result.verdict == Verdict::skip) keep_case(result, run_dir, progress, pool.why_not().empty());
  };
  print_start(run_dir, pool.result());
  run_by_gtest(pool, run);
  const bool to_its_end = pool.why_not().empty();
  pool.finish();
  std::vector<Event> events;
  std::string unwritten = join_events(run_dir, events, &progress);
  if (unwritten.empty()) unwritten = pool.unwritten();
  if (sitting.resumed) go_on_with(progress, pool.result());
  const std::optional<int> answer = judge.conclude(pool.result());
  const int code = close_run({pool.result(), events, run_dir, unwritten, pool.broken(), pool.interrupted(),
                              answer, sitting.resumed});
  if (to_its_end) progress.end();
  return code;
}

}  // namespace o2lab
