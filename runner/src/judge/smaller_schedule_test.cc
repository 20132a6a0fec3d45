// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/smaller_schedule.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

CaseResult failed(const char* text, FailureClass failure = FailureClass::expectation) {
  CaseResult out;
  out.verdict = Verdict::fail;
  out.failure = failure;
  out.messages = {{text, "", 0}};
  return out;
}

TEST(SmallerSchedule, OnlyTheSameFailureIsStillThere) {
  const FailureSignature first = signature_of(failed("record 1234 of node2 is lost after 3.25 s"));
  EXPECT_TRUE(still_fails(failed("record 777 of node2 is lost after 0.50 s"), first));
  EXPECT_FALSE(still_fails(failed("node2 did not mount"), first));
  EXPECT_FALSE(still_fails(failed("record 1234 of node2 is lost after 3.25 s", FailureClass::kernel), first));
  CaseResult passed = failed("record 1234 of node2 is lost after 3.25 s");
  passed.verdict = Verdict::pass;
  EXPECT_FALSE(still_fails(passed, first));
  CaseResult report = failed("record 777 of node2 is lost after 0.50 s");
  report.kernel_reports = {{1, {}, "oops", "NULL pointer", ""}};
  EXPECT_FALSE(still_fails(report, first)) << "the kernel said something now that it had not";
}

TEST(SmallerSchedule, TheCommandHasAllThatTheCourseDependsOn) {
  ScheduleRun run{"Nemesis.RandomFaults", "/r/schedule-smallest.json", 42, "debug", ""};
  EXPECT_EQ(command_of(run),
            "o2lab run Nemesis.RandomFaults --schedule /r/schedule-smallest.json --seed 42 --kernel debug");
  run.topology = "five-node";
  EXPECT_TRUE(command_of(run).ends_with(" --kernel debug --topology five-node"));
}

}  // namespace
}  // namespace o2lab
