// SPDX-License-Identifier: GPL-2.0-or-later
// o2lab run --against: one case on two kernels in turn.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/kernel_arm.h"
#include "cli/last_durations.h"
#include "cli/preflight.h"
#include "cli/run.h"
#include "cli/selection.h"
#include "judge/case_pool.h"
#include "judge/case_worker.h"
#include "judge/kernel_comparison.h"

namespace o2lab {

namespace {

/// The labs are processes of their own, forked once it is laid out: trial() runs there, heard() in the one
/// that began them.
class Against {
 public:
  Against(const Options& options, const StopFd& stop) : options_(options), stop_(stop) {}
  int run();

 private:
  struct Compared {
    const RegisteredCase* registered = nullptr;
    KernelComparison comparison;
  };
  void choose_cases();
  CaseResult trial(Session& session, const RegisteredCase& one, unsigned repetition) const;
  void heard(CaseResult& result, unsigned repetition);
  bool answered() const;
  size_t kernel_at(unsigned repetition) const {
    return kernel_of(options_.session.seed, repetition / 2, repetition % 2);
  }
  int close(CasePool& pool, const fs::path& run_dir);

  const Options& options_;
  const StopFd& stop_;
  std::vector<KernelArm> arms_;
  std::vector<Compared> cases_;
};

void Against::choose_cases() {
  refuse_unknown(options_.patterns);
  const double confidence = options_.until_confident > 0 ? options_.until_confident : 0.95;
  for (const RegisteredCase& one : all_cases()) {
    if (!is_wanted(options_, one)) continue;
    std::string why = lacks_image(options_.session, one.spec);
    for (const KernelArm& arm : arms_)
      if (why.empty()) why = lacks(arm, options_.session.repository, one.spec);
    if (!why.empty()) {
      fmt::print("o2lab: {} is left out: {}\n", one.full_name(), why);
      continue;
    }
    cases_.push_back({&one, KernelComparison({.a = arms_[0].name,
                                              .b = arms_[1].name,
                                              .until_confident = options_.until_confident > 0,
                                              .confidence = confidence,
                                              .within = options_.within})});
  }
  if (cases_.empty())
    fail(ErrorKind::input, "no case is left to compare {} and {} by", arms_[0].name, arms_[1].name);
}

CaseResult Against::trial(Session& session, const RegisteredCase& one, unsigned repetition) const {
  // Both trials of a pair have one seed.
  return run_on(arms_.at(kernel_at(repetition)), session, one, repetition / 2);
}

void Against::heard(CaseResult& result, unsigned repetition) {
  const size_t kernel = kernel_at(repetition);
  result.flavour = arms_[kernel].name;  // of a lab that died, too
  const auto at = std::find_if(cases_.begin(), cases_.end(), [&](const Compared& one) {
    return one.registered->full_name() == result.full_name();
  });
  at->comparison.add(repetition / 2, kernel, result);
  fmt::print("[{:>5}] {:<5} {:>8}  {} on {}{}\n", repetition / 2 + 1, name_of(result.verdict),
             human(result.duration()), result.full_name(), result.flavour,
             result.verdict == Verdict::pass ? "" : ": " + result.reason());
  std::fflush(stdout);
}

bool Against::answered() const {
  return options_.until_confident > 0 && std::all_of(cases_.begin(), cases_.end(), [](const Compared& one) {
           return one.comparison.answered();
         });
}

int Against::close(CasePool& pool, const fs::path& run_dir) {
  RunResult& result = pool.result();
  result.kernel.flavour = fmt::format("{} against {}", arms_[0].name, arms_[1].name);
  nlohmann::json comparisons = nlohmann::json::array();
  bool differ = false;
  for (const Compared& one : cases_) {
    result.answers.push_back(one.registered->full_name() + ": " + one.comparison.text());
    comparisons.push_back(one.comparison.json());
    comparisons.back()["case"] = one.registered->full_name();
    differ = differ || one.comparison.differ();
  }
  if (options_.until_confident > 0) result.statistics["sampling"] = "outcome";
  result.statistics["comparisons"] = std::move(comparisons);
  try {
    write_file(run_dir / "against.json", result.statistics["comparisons"].dump(2) + "\n");
  } catch (const Error& error) {
    fmt::print(stderr, "o2lab: {}\n", error.what());
  }
  std::vector<Event> events;
  std::string unwritten = join_events(run_dir, events);
  if (unwritten.empty()) unwritten = pool.unwritten();
  const bool told =
      std::any_of(result.cases.begin(), result.cases.end(), [](const CaseResult& one) { return one.told(); });
  return close_run(
      {result, events, run_dir, unwritten, pool.broken(), pool.interrupted(), told ? differ ? 1 : 0 : 4});
}

int Against::run() {
  refuse_unknown(options_.patterns);
  require_host(options_.session.results);
  arms_ = make_arms(options_.session.repository, {options_.session.flavour, options_.against}, stop_, stdout);
  choose_cases();
  SessionOptions session = options_.session;
  session.run_id = new_run_id();
  session.flavour = arms_[0].build;
  const fs::path run_dir = session.results / session.run_id;
  CasePool::Options pool_options;
  pool_options.jobs = options_.jobs;
  pool_options.repeat = 2 * options_.repeat;
  pool_options.expected = expected_durations(session.results);
  pool_options.lab = [&](int number, int fd) {
    SessionOptions own = session;
    own.lab = number;
    return serve_cases(own, stop_, fd,
                       [this](Session& lab, const RegisteredCase& one, unsigned repetition,
                              const JsonLines&) { return trial(lab, one, repetition); });
  };
  pool_options.judge = [this](CaseResult& result, unsigned repetition) { heard(result, repetition); };
  pool_options.answered = [this] { return answered(); };
  pool_options.ended = [&](const CaseResult& result) { write_case(result, run_dir); };
  CasePool pool(std::move(pool_options), stop_);
  fmt::print("o2lab: {}, kernels {} and {}, {}\n", run_dir.native(), arms_[0].name, arms_[1].name,
             pool.result().accel);
  std::vector<const RegisteredCase*> round;
  for (const Compared& one : cases_) round.push_back(one.registered);
  pool.begin(round);
  bool more = true;
  for (int trial = 0; more && trial < 2 * options_.repeat; ++trial)
    for (const RegisteredCase* one : round) {
      pool.await(*one);
      const auto result = pool.run(*one);
      if (result) pool.add(*result);
      more = more && result;
    }
  pool.finish();
  return close(pool, run_dir);
}

}  // namespace

int run_against(const Options& options, const StopFd& stop) {
  return Against(options, stop).run();
}

}  // namespace o2lab
