// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "cli/options.h"
#include "cli/preflight.h"
#include "judge/gtest_bridge.h"
#include "report/console_summary.h"
#include "report/summary_line.h"
#include "report/write.h"

namespace o2lab {

namespace {

void refuse_unknown(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns)
    if (std::none_of(all_cases().begin(), all_cases().end(),
                     [&](const RegisteredCase& one) { return pattern_matches(pattern, one.full_name()); }))
      fail(ErrorKind::input, "no case matches {}: `o2lab list` shows them all", pattern);
}

/// A case that is named in full runs whatever its selection; anything else only inside the selection.
bool is_wanted(const Options& options, const RegisteredCase& one) {
  const std::string name = one.full_name();
  const auto& patterns = options.patterns;
  if (std::find(patterns.begin(), patterns.end(), name) != patterns.end()) return true;
  if (options.selection != "nightly" && one.spec.selection == Selection::nightly) return false;
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return pattern_matches(pattern, name);
         });
}

Duration own_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// What went wrong in writing them, a line for each; a full disk is found here at the latest.
std::vector<std::string> write_reports(Session& session) {
  std::vector<std::string> wrong;
  if (const std::string why = session.events().write_error(); !why.empty())
    wrong.push_back(fmt::format("{}: not complete: {}", (session.run_dir() / "events.jsonl").native(), why));
  try {
    write_run_reports(session.result(), session.events().since(0, [](const Event&) { return true; }),
                      session.run_dir());
  } catch (const Error& error) {
    wrong.emplace_back(error.what());
  }
  return wrong;
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

int run_cases(const Options& options, const StopFd& stop) {
  refuse_unknown(options.patterns);
  if (testing::GTEST_FLAG(list_tests)) return list_by_gtest(options);
  require_host(options.session.results);
  Session session(options.session, stop);
  fmt::print("o2lab: {}, kernel {} {}, {}\n", session.run_dir().native(), session.result().kernel.flavour,
             session.result().kernel.version, session.result().accel);
  GtestRun run;
  run.wanted = [&](const RegisteredCase& one) { return is_wanted(options, one); };
  run.finished = [&](const CaseResult& result) {
    try {
      write_case_reports(result, session.run_dir());
    } catch (const Error& error) {
      fmt::print(stderr, "o2lab: {}\n", error.what());
    }
  };
  run.skip_reason = [&](const CaseSpec& spec) -> std::string {
    if (spec.flavour.empty() || kernel_is_built(options.session.repository, spec.flavour)) return {};
    return fmt::format("needs the {0} kernel: make kernel KERNEL={0}", spec.flavour);
  };
  // GoogleTest's own loop would go on for ever after Ctrl-C.
  const int by_gtest = testing::GTEST_FLAG(repeat);
  testing::GTEST_FLAG(repeat) = 1;
  constexpr int64_t many = 1000000;
  run.repeat = static_cast<int>(by_gtest < 0 ? many : std::min(many, int64_t{options.repeat} * by_gtest));
  run.until_fail = options.until_fail;
  run_by_gtest(session, run);
  session.finish(own_cpu());
  const std::vector<std::string> unwritten = write_reports(session);
  const RunResult& result = session.result();
  fmt::print("{}", console_summary(result, session.run_dir(), ::isatty(STDOUT_FILENO) == 1));
  for (const std::string& line : unwritten) fmt::print(stderr, "o2lab: {}\n", line);
  if (session.interrupted()) return kInterrupted;
  if (!session.broken().empty()) {
    fmt::print(stderr, "o2lab: {}\n", session.broken());
    return 3;
  }
  if (!unwritten.empty()) return 3;  // verdicts of a run whose record is not whole are none
  const Counts counts = count(result.cases);
  if (counts.failed > 0) return 1;
  return counts.passed == 0 ? 4 : 0;
}

}  // namespace o2lab
