// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

KernelReport report(ReportKind kind, const std::string& title) {
  KernelReport out;
  out.kind = kind;
  out.title = title;
  out.text = title + "\n";
  return out;
}

CaseResult result_of(const CaseRecord& record) {
  CaseResult result;
  record.into(result);
  return result;
}

TEST(CaseRecord, AFaultOfTheKernelFailsTheCaseAndEndsItsWaits) {
  CaseRecord record;
  EXPECT_TRUE(record.report(2, report(ReportKind::lockdep, "inconsistent lock state qs_lock")));
  EXPECT_TRUE(record.failed());
  ASSERT_TRUE(record.interrupt());
  EXPECT_EQ(record.interrupt()->kind(), ErrorKind::kernel);
  const CaseResult result = result_of(record);
  EXPECT_EQ(result.failure, FailureClass::kernel);
  EXPECT_THAT(result.kernel_reports, SizeIs(1));
  EXPECT_THAT(result.messages[0].text, HasSubstr("node 2: inconsistent lock state qs_lock"));
}

TEST(CaseRecord, WhatHappensToANodeIsNoFault) {
  CaseRecord record;
  EXPECT_FALSE(record.report(1, report(ReportKind::quorum_decision, "stay")));
  EXPECT_FALSE(record.report(1, report(ReportKind::ocfs2_fence, "fence")));
  EXPECT_FALSE(record.failed());
  EXPECT_FALSE(record.interrupt());
}

TEST(CaseRecord, AnExpectedReportFailsNothingButAMissingOneDoes) {
  CaseRecord record;
  record.expect_report(ReportKind::warning, "in o2net_");
  record.expect_report(ReportKind::kasan, "use-after-free");
  EXPECT_FALSE(record.report(1, report(ReportKind::warning, "WARNING in o2net_idle_timer")));
  EXPECT_FALSE(record.failed());
  EXPECT_THAT(record.missing_reports(), ElementsAre(HasSubstr("use-after-free")));
  // Another warning is not the one that was expected.
  EXPECT_TRUE(record.report(1, report(ReportKind::warning, "WARNING in o2hb_thread")));
}

TEST(CaseRecord, EachExpectedReportIsOneThatComes) {
  CaseRecord record;
  record.expect_report(ReportKind::panic, "sysrq");
  record.expect_report(ReportKind::panic, "sysrq");
  const KernelReport panic = report(ReportKind::panic, "panic: sysrq triggered crash");
  EXPECT_FALSE(record.report(1, panic));
  EXPECT_EQ(record.missing_reports().size(), 1U);
  EXPECT_FALSE(record.report(2, panic));
  EXPECT_THAT(record.missing_reports(), IsEmpty());
}

TEST(CaseRecord, TheKernelOutranksWhatFollowsFromIt) {
  CaseRecord record;
  record.set_step("mount");
  record.fail(FailureClass::timeout, "waited 20 s");
  record.report(1, report(ReportKind::hung_task, "task mount blocked"));
  const CaseResult result = result_of(record);
  EXPECT_EQ(result.failure, FailureClass::kernel);
  EXPECT_THAT(result.messages[0].text, HasSubstr("(while: mount)"));
}

TEST(CaseRecord, ResetForgets) {
  CaseRecord record;
  record.report(1, report(ReportKind::bug, "BUG"));
  record.reset();
  EXPECT_FALSE(record.failed());
  EXPECT_FALSE(record.interrupt());
  EXPECT_THAT(result_of(record).messages, IsEmpty());
}

TEST(CaseRecord, WhatComesOfAnInterruptionIsNoFailure) {
  CaseRecord record;
  record.interrupted();
  record.fail(FailureClass::kernel, "node 1 died unexpectedly, by host_power: power cut by the lab");
  EXPECT_FALSE(record.report(1, report(ReportKind::warning, "while it was cut off")));
  EXPECT_TRUE(record.was_interrupted());
  EXPECT_TRUE(record.failed()) << "no audit makes sense any more";
  const CaseResult result = result_of(record);
  EXPECT_EQ(result.failure, FailureClass::none);
  EXPECT_EQ(result.reason(), "interrupted");
  record.reset();
  EXPECT_FALSE(record.failed());
}

TEST(CaseRecord, AFailureBeforeTheInterruptionStands) {
  CaseRecord record;
  record.fail(FailureClass::timeout, "node 2 did not come back");
  record.interrupted();
  EXPECT_FALSE(record.was_interrupted());
  EXPECT_EQ(result_of(record).reason(), "TIMEOUT: node 2 did not come back");
}

TEST(CaseRecord, AReportThatIsOnlyNotedIsShownAndFailsNothing) {
  CaseRecord record;
  record.only_note_reports("o2dlm_lock");
  EXPECT_FALSE(record.report(3, report(ReportKind::bug, "BUG o2dlm_lockname: objects remaining")));
  EXPECT_FALSE(record.failed());
  EXPECT_FALSE(record.interrupt());
  EXPECT_THAT(result_of(record).kernel_reports, SizeIs(1));
  EXPECT_TRUE(record.report(3, report(ReportKind::bug, "BUG o2hb_region: objects remaining")));
  EXPECT_TRUE(record.failed()) << "another report counts";
}

}  // namespace
}  // namespace o2lab
