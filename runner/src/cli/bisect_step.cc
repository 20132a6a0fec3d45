// SPDX-License-Identifier: GPL-2.0-or-later
// o2lab bisect --step: what `git bisect run` asks of one commit.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

#include "base/error.h"
#include "cli/kernel_arm.h"
#include "cli/preflight.h"
#include "cli/run.h"
#include "cli/selection.h"
#include "cli/series_build.h"
#include "judge/expectations.h"

namespace o2lab {

namespace {

// Exit codes as git-bisect(1) has them.
constexpr int kGood = 0;
constexpr int kBad = 1;
constexpr int kCannotTell = 125;
constexpr int kAbort = 200;  ///< above 127: the bisection stops, nothing is said of the commit

/// So many passes in a row, of something that fails at `rate`, are less likely than what a bisection of 2^16
/// commits may be wrong, shared out over its steps.
int passes_needed(double rate, double confidence) {
  constexpr double steps = 16;
  return rate >= 1 ? 1 : static_cast<int>(std::ceil(std::log((1 - confidence) / steps) / std::log1p(-rate)));
}

const RegisteredCase& the_case(const Options& options) {
  for (const RegisteredCase& one : all_cases())
    if (options.patterns.size() == 1 && one.full_name() == options.patterns.front()) return one;
  fail(ErrorKind::input, "o2lab bisect --step CASE: name one case in full: see o2lab list");
}

/// The name of the build; empty when this commit does not build.
std::string build(const Options& options, const std::string& link, const StopFd& stop) {
  try {
    run_build_script(options.session.repository, "",
                     {{"KERNEL", options.session.flavour},
                      {"KERNEL_SRC", fs::current_path().native()},
                      {"SERIES", "none"},
                      {"KERNEL_LINK", link}},
                     stop, stdout);
    return link;
  } catch (const Error& error) {
    if (stop.raised() || error.kind() == ErrorKind::input) throw;
    fmt::print("o2lab: cannot tell: {}\n", error.what());
    return {};
  }
}

int judge_commit(const Options& options, const StopFd& stop) {
  const RegisteredCase& one = the_case(options);
  require_host(options.session.results);
  const std::string link = build(options, "bisect-step", stop);
  if (link.empty()) return kCannotTell;
  SessionOptions session_options = options.session;
  session_options.flavour = link;
  Session session(session_options, stop);
  Expectations expectations(session);
  const RegisteredCase here = on_build(one, link);
  const int needed = passes_needed(options.bisect.rate, options.bisect.confidence);
  int passed = 0;
  int errors = 0;
  for (unsigned trial = 0; passed < needed; ++trial) {
    expectations.listen(true);
    CaseResult result = session.run(here, trial);
    expectations.listen(false);
    session.add(result);
    write_case(result, session.run_dir());
    if (session.interrupted()) return kInterrupted;
    fmt::print("o2lab: trial {}: {} after {}{}\n", trial + 1, name_of(result.verdict),
               human(result.duration()), result.verdict == Verdict::pass ? "" : ": " + result.reason());
    std::fflush(stdout);
    if (!session.broken().empty()) return kAbort;
    if (result.verdict == Verdict::fail) return kBad;
    if (result.verdict == Verdict::pass) ++passed;
    if (!result.told() && ++errors == 3) return kCannotTell;
  }
  fmt::print("o2lab: good: {} passes, which something that fails at {:.3g} % would hardly give\n", passed,
             100 * options.bisect.rate);
  return kGood;
}

}  // namespace

int run_bisect_step(const Options& options, const StopFd& stop) {
  try {
    return judge_commit(options, stop);
  } catch (const std::exception& error) {
    fmt::print(stderr, "o2lab: {}\n", error.what());
    return kAbort;
  }
}

}  // namespace o2lab
