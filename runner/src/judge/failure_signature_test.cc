// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/failure_signature.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

CaseResult failed(FailureClass failure, const std::string& text, const std::string& report = {}) {
  CaseResult out;
  out.verdict = Verdict::fail;
  out.failure = failure;
  out.messages.push_back({text, "", 0});
  if (!report.empty()) out.kernel_reports.push_back({1, {}, "warning", report, ""});
  return out;
}

bool same(const CaseResult& one, const CaseResult& other) {
  return is_same_failure(signature_of(one), signature_of(other));
}

TEST(FailureSignature, FiguresAndWhatWasSeenLastDoNotCount) {
  EXPECT_TRUE(
      same(failed(FailureClass::timeout, "waited 75.00 s for the end of node2 by panic; last seen: it runs"),
           failed(FailureClass::timeout, "waited 400 s for the end of node2 by panic; last seen: nothing")));
  EXPECT_TRUE(same(failed(FailureClass::expectation, "audit x: at 0xffff8880 28.271 s\nmore"),
                   failed(FailureClass::expectation, "audit x: at 0xffff9990 1.2 s")));
}

TEST(FailureSignature, AnotherNodeClassOrReportIsAnotherFailure) {
  EXPECT_FALSE(same(failed(FailureClass::timeout, "waited 75 s for the end of node2"),
                    failed(FailureClass::timeout, "waited 75 s for the end of node3")));
  EXPECT_FALSE(same(failed(FailureClass::timeout, "x"), failed(FailureClass::expectation, "x")));
  EXPECT_FALSE(same(failed(FailureClass::kernel, "node 1: x", "WARNING in a"),
                    failed(FailureClass::kernel, "node 1: x", "WARNING in b")));
  EXPECT_FALSE(same(failed(FailureClass::kernel, "node 1: x", "WARNING in a"),
                    failed(FailureClass::kernel, "node 1: x")));
}

TEST(FailureSignature, TheSameReportIsTheSameFailureOnAnyNode) {
  EXPECT_TRUE(same(failed(FailureClass::kernel, "node 1: WARNING in a", "WARNING in a"),
                   failed(FailureClass::kernel, "node 3: WARNING in a (while: x)", "WARNING in a")));
}

TEST(FailureSignature, SurvivesJson) {
  const FailureSignature one = signature_of(failed(FailureClass::kernel, "a", "b"));
  EXPECT_EQ(nlohmann::json(one).get<FailureSignature>(), one);
}

}  // namespace
}  // namespace o2lab
