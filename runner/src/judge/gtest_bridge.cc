// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/gtest_bridge.h"

#include <gtest/gtest.h>

#include <memory>

namespace o2lab {

namespace {

/// What GoogleTest's EXPECT_… and ASSERT_… find goes into the case's own record, where verdict and reports
/// come from.
class FailureListener : public testing::EmptyTestEventListener {
 public:
  explicit FailureListener(Session& session) : session_(session) {}
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (part.failed() && listening)
      session_.expectation_failed(part.summary(), part.file_name(), part.line_number());
  }
  bool listening = true;  ///< off while the bridge itself hands failures to GoogleTest

 private:
  Session& session_;
};

class LabTest : public testing::Test {
 public:
  LabTest(Session& session, const RegisteredCase& wanted, const GtestRun& run, FailureListener*& listener)
      : session_(session), wanted_(wanted), run_(run), listener_(listener) {}

  void TestBody() override {
    std::string reason = run_.skip_reason(wanted_.spec);
    if (!session_.broken().empty()) reason = "the lab broke: " + session_.broken();
    if (session_.interrupted()) reason = "interrupted";
    CaseResult result;
    if (reason.empty()) {
      result = session_.run(wanted_);
    } else {
      result.suite = wanted_.spec.suite;
      result.name = wanted_.spec.name;
      result.guards = wanted_.spec.guards;
      result.nodes = wanted_.spec.nodes;
      result.flavour = wanted_.spec.flavour;
      result.verdict = Verdict::skip;
      result.messages.push_back({reason, wanted_.spec.file, wanted_.spec.line});
      result.started = result.ended = Clock::now();
    }
    session_.add(result);
    run_.finished(result);
    if (result.verdict == Verdict::skip) GTEST_SKIP() << reason;
    hand_over(result);
  }

 private:
  void hand_over(const CaseResult& result) {
    listener_->listening = false;
    for (const Message& message : result.messages) {
      const bool placed = !message.file.empty();
      // What an EXPECT_… found has been printed at its own place already.
      if (placed) continue;
      ADD_FAILURE_AT(wanted_.spec.file.c_str(), wanted_.spec.line)
          << name_of(result.failure) << ": " << message.text;
    }
    listener_->listening = true;
  }

  Session& session_;
  const RegisteredCase& wanted_;
  const GtestRun& run_;
  FailureListener*& listener_;
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

bool run_by_gtest(Session& session, const GtestRun& run) {
  static FailureListener* listener = nullptr;
  listener = std::make_unique<FailureListener>(session).release();  // GoogleTest owns it until Release()
  testing::UnitTest::GetInstance()->listeners().Append(listener);
  for (const RegisteredCase& one : all_cases()) {
    if (!run.wanted(one)) continue;
    testing::RegisterTest(one.spec.suite.c_str(), one.spec.name.c_str(), nullptr, nullptr,
                          one.spec.file.c_str(), one.spec.line, [&session, &one, &run]() -> testing::Test* {
                            return new LabTest(session, one, run,
                                               listener);  // NOLINT: GoogleTest takes ownership
                          });
  }
  bool passed = true;
  for (int round = 0; round < run.repeat && !session.interrupted() && session.broken().empty(); ++round) {
    passed = RUN_ALL_TESTS() == 0 && passed;
    if (!passed && run.until_fail) break;
  }
  const std::unique_ptr<testing::TestEventListener> ended(
      testing::UnitTest::GetInstance()->listeners().Release(listener));
  listener = nullptr;
  return passed;
}

}  // namespace o2lab
