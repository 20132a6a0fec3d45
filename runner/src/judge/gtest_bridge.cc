// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/gtest_bridge.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "judge/registered_case.h"

namespace o2lab {

namespace {

class LabTest : public testing::Test {
 public:
  LabTest(CaseRunner& runner, const RegisteredCase& wanted, const GtestRun& run, bool& failed)
      : runner_(runner), wanted_(wanted), run_(run), failed_(failed) {}

  void TestBody() override {
    if (run_.answered && run_.answered()) GTEST_SKIP() << "the question is answered";
    if (run_.kept != nullptr)
      if (const auto kept = run_.kept->take(wanted_.full_name())) {
        runner_.add(*kept);
        return show(*kept, "");
      }
    std::string reason = run_.skip_reason(wanted_.spec);
    std::optional<CaseResult> ran;
    if (reason.empty()) ran = runner_.run(wanted_);
    if (!ran && !runner_.why_not().empty()) reason = runner_.why_not();
    const CaseResult result = ran ? *ran : skipped(reason);
    runner_.add(result);
    run_.finished(result);
    if (ran && ran->verdict == Verdict::skip) reason = ran->reason();  // it was interrupted
    show(result, reason);
  }

 private:
  void show(const CaseResult& result, const std::string& reason) {
    if (result.verdict == Verdict::skip) GTEST_SKIP() << reason;
    if (result.failed_as_expected()) GTEST_SKIP() << "failed as expected: " << result.expected;
    failed_ = failed_ || result.failed();
    hand_over(result);
  }

  CaseResult skipped(const std::string& reason) const {
    CaseResult result = result_without_run(wanted_.spec);
    result.verdict = Verdict::skip;
    result.messages.push_back({reason, wanted_.spec.file, wanted_.spec.line});
    return result;
  }

  void hand_over(const CaseResult& result) {
    for (const Message& message : result.messages) {
      const bool placed = !message.file.empty();
      // What an EXPECT_… found in this process has been printed at its own place already.
      if (placed && runner_.heard_by_gtest()) continue;
      if (placed)
        ADD_FAILURE_AT(message.file.c_str(), message.line) << message.text;
      else
        ADD_FAILURE_AT(wanted_.spec.file.c_str(), wanted_.spec.line)
            << name_of(result.failure) << ": " << message.text;
    }
  }

  CaseRunner& runner_;
  const RegisteredCase& wanted_;
  const GtestRun& run_;
  bool& failed_;  ///< any case of the run
};

/// Tells the runner what GoogleTest, with its filters and shards, is going to ask for.
class RoundListener : public testing::EmptyTestEventListener {
 public:
  RoundListener(CaseRunner& runner, const GtestRun& run) : runner_(runner), run_(run) {
    for (const RegisteredCase& one : all_cases()) cases_[one.full_name()] = &one;
  }

  void OnTestIterationStart(const testing::UnitTest& all, int) override {
    std::vector<const RegisteredCase*> round;
    for (int s = 0; s < all.total_test_suite_count(); ++s)
      for (int t = 0; t < all.GetTestSuite(s)->total_test_count(); ++t) {
        const testing::TestInfo& test = *all.GetTestSuite(s)->GetTestInfo(t);
        const RegisteredCase* one = find(test);
        if (test.should_run() && one != nullptr && run_.skip_reason(one->spec).empty()) round.push_back(one);
      }
    if (run_.begins) run_.begins(round);
    runner_.begin(round);
  }
  void OnTestStart(const testing::TestInfo& test) override {
    const RegisteredCase* one = find(test);
    if (one != nullptr && !is_kept(*one) && run_.skip_reason(one->spec).empty()) runner_.await(*one);
  }

  bool is_kept(const RegisteredCase& one) const {
    return run_.kept != nullptr && run_.kept->waits(one.full_name());
  }

 private:
  const RegisteredCase* find(const testing::TestInfo& test) const {
    const auto found = cases_.find(fmt::format("{}.{}", test.test_suite_name(), test.name()));
    return found == cases_.end() ? nullptr : found->second;
  }
  CaseRunner& runner_;
  const GtestRun& run_;
  std::map<std::string, const RegisteredCase*> cases_;
};

bool match(const char* pattern, const char* name) {
  switch (*pattern) {
    case '\0':
      return *name == '\0';
    case '*':
      return match(pattern + 1, name) || (*name != '\0' && match(pattern, name + 1));
    case '?':
      return *name != '\0' && match(pattern + 1, name + 1);
    default:
      return *name == *pattern && match(pattern + 1, name + 1);
  }
}

}  // namespace

bool pattern_matches(const std::string& pattern, const std::string& name) {
  return match(pattern.c_str(), name.c_str());
}

bool run_by_gtest(CaseRunner& runner, const GtestRun& run) {
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  auto* rounds =
      std::make_unique<RoundListener>(runner, run).release();  // GoogleTest owns it until Release()
  bool failed = false;
  // The printer hears last: "[ RUN ]" is printed when the wait is over, so that a case's lines stay together.
  testing::TestEventListener* printer = listeners.Release(listeners.default_result_printer());
  listeners.Append(rounds);
  if (printer != nullptr) listeners.Append(printer);
  for (const RegisteredCase& one : all_cases()) {
    if (!run.wanted(one)) continue;
    testing::RegisterTest(
        one.spec.suite.c_str(), one.spec.name.c_str(), nullptr, nullptr, one.spec.file.c_str(), one.spec.line,
        [&runner, &one, &run, &failed]() -> testing::Test* {
          return new LabTest(runner, one, run, failed);  // NOLINT: GoogleTest takes ownership
        });
  }
  for (int round = 0; round < run.repeat && runner.why_not().empty(); ++round) {
    // Verdicts come from the results: GoogleTest knows nothing of failures that are expected.
    static_cast<void>(RUN_ALL_TESTS() == 0);
    if (failed && run.until_fail) break;
    if (run.answered && run.answered()) break;
  }
  const std::unique_ptr<testing::TestEventListener> ended(listeners.Release(rounds));
  return !failed;
}

}  // namespace o2lab
