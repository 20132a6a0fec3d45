// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "cli/gtest_flags.h"
#include "cli/inputs.h"
#include "cli/run.h"
#include "cli/selection.h"
#include "judge/registered_case.h"
#include "report/shift.h"

namespace o2lab {

namespace {

/// A host that goes down with a case again and again would never get past it.
constexpr int kMostBeginnings = 3;

std::vector<const RegisteredCase*> wanted_cases(const Options& options) {
  std::vector<const RegisteredCase*> out;
  for (const RegisteredCase& one : all_cases())
    if (is_wanted(options, one)) out.push_back(&one);
  return out;
}

std::vector<std::string> names_of(const std::vector<const RegisteredCase*>& cases) {
  std::vector<std::string> out;
  for (const RegisteredCase* one : cases) out.push_back(one->full_name());
  return out;
}

void set_shard(const Shard& shard) {
  if (std::getenv("GTEST_TOTAL_SHARDS") != nullptr && gtest_shard() != shard)
    fail(ErrorKind::input,
         "--resume: the run is shard {} of {}, GTEST_SHARD_INDEX and GTEST_TOTAL_SHARDS say {} of {}",
         shard.index, shard.total, gtest_shard().index, gtest_shard().total);
  if (shard.total == 1) return;
  ::setenv("GTEST_TOTAL_SHARDS", std::to_string(shard.total).c_str(), 1);
  ::setenv("GTEST_SHARD_INDEX", std::to_string(shard.index).c_str(), 1);
}

CaseResult given_up(const RegisteredCase& one, int times, uint64_t seed) {
  CaseResult out = result_without_run(one.spec);
  out.seed = seed;
  out.verdict = Verdict::error;
  out.failure = FailureClass::infra;
  out.messages.push_back(
      {fmt::format("it was running each of the {} times that the run was cut short: it is not begun again",
                   times),
       "", 0});
  return out;
}

}  // namespace

std::optional<Resumed> resumed_run(const std::vector<std::string>& args) {
  if (args.empty() || args[0] != "run") return std::nullopt;
  constexpr std::string_view flag = "--resume";
  std::string dir;
  if (args.size() == 3 && args[1] == flag) dir = args[2];
  if (args.size() == 2 && args[1].rfind("--resume=", 0) == 0) dir = args[1].substr(flag.size() + 1);
  if (dir.empty()) {
    if (std::any_of(args.begin(), args.end(),
                    [&](const std::string& arg) { return arg.rfind(flag, 0) == 0; }))
      fail(ErrorKind::input,
           "--resume wants the run directory and nothing beside it: all else is as the run was begun");
    return std::nullopt;
  }
  std::error_code error;
  const fs::path run_dir = fs::canonical(dir, error);
  if (error) fail(ErrorKind::input, "--resume {}: {}", dir, error.message());
  const RunProgress progress = RunProgress::read(run_dir);
  set_shard(progress.asked().shard);
  fs::current_path(progress.asked().dir, error);
  if (error)
    fail(ErrorKind::input, "--resume: {}, where the run was begun: {}", progress.asked().dir,
         error.message());
  return Resumed{progress.asked().args, progress.run().command, run_dir};
}

RunAsked asked_of(const Options& options) {
  RunAsked out;
  const std::vector<const RegisteredCase*> cases = wanted_cases(options);
  const RunInputs inputs = run_inputs(options.session, cases);
  out.args = options.args;
  out.dir = fs::current_path().native();
  out.shard = options.shard;
  out.cases = names_of(cases);
  out.kernels = inputs.kernels;
  out.image = inputs.image;
  out.plan = options.plan_id;
  out.leg = options.leg;
  return out;
}

Sitting resumed_sitting(const Options& options) {
  Sitting out{RunProgress::read(options.resume), {}, true};
  const RunAsked& was = out.progress.asked();
  const RunAsked is = asked_of(options);
  for (const auto& [here, there, what] : {std::tuple(&was.cases, &is.cases, "is no longer there"),
                                          std::tuple(&is.cases, &was.cases, "was not there then")})
    for (const std::string& name : *here)
      if (std::find(there->begin(), there->end(), name) == there->end())
        fail(ErrorKind::input, "--resume: the selection is another one: {} {}: run it anew", name, what);
  if (const std::string what = differs({was.kernels, was.image}, {is.kernels, is.image}); !what.empty())
    fail(ErrorKind::input, "--resume: {}: run it anew", what);

  const RunResult& run = out.progress.run();
  const Duration to_now = between_clocks(run.wall_offset, wall_offset_ns());
  for (CaseResult one : run.cases) {
    if (!one.told()) continue;
    shift(one, to_now);
    const auto repetition = static_cast<unsigned>(one.seed - run.seed);
    out.kept.add(std::move(one), repetition);
  }
  for (const RegisteredCase* one : wanted_cases(options)) {
    const int times = out.progress.cut_short(one->full_name());
    unsigned next = 0;
    while (out.kept.has(one->full_name(), next)) ++next;
    if (times >= kMostBeginnings && next < static_cast<unsigned>(options.repeat))
      out.kept.add(given_up(*one, times, run.seed + next), next);
  }
  return out;
}

void go_on_with(const RunProgress& progress, RunResult& result) {
  const RunResult& before = progress.run();
  const Duration to_then = between_clocks(result.wall_offset, before.wall_offset);
  result.statistics = before.statistics;
  for (CaseResult& one : result.cases) {
    shift(one, to_then);
    if (std::none_of(before.cases.begin(), before.cases.end(),
                     [&](const CaseResult& kept) { return kept.folder() == one.folder(); }))
      set_file_clock(result, one.folder(), to_then);
  }
  result.id = before.id;
  result.duration = result.started + result.duration + to_then - before.started;
  result.started = before.started;
  result.wall_offset = before.wall_offset;
  result.host["sittings"] = std::to_string(progress.sittings());
}

}  // namespace o2lab
