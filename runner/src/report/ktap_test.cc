// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/ktap.h"

#include <gtest/gtest.h>

#include "base/fd.h"
#include "report/example_run.h"

namespace o2lab {
namespace {

TEST(Ktap, MatchesTheStoredExample) {
  EXPECT_EQ(ktap(example_run()), read_file(fs::path(O2LAB_TESTDATA) / "report/example.ktap"));
}

TEST(Ktap, HashAndNewlinesCannotBreakALine) {
  RunResult run;
  CaseResult c;
  c.suite = "S";
  c.name = "a#b\nok 2 forged";
  c.verdict = Verdict::skip;
  c.messages = {{"first\nok 3 forged", "", 0}};
  run.cases = {c};
  EXPECT_EQ(
      ktap(run),
      "KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  ok 1 a_b ok 2 forged # SKIP first\nok 1 S # SKIP\n");
}

TEST(Ktap, TimeoutHasItsDirective) {
  RunResult run;
  CaseResult c;
  c.suite = "S";
  c.name = "N";
  c.verdict = Verdict::fail;
  c.failure = FailureClass::timeout;
  c.messages = {{"node2: no answer in 20 s", "", 0}};
  run.cases = {c};
  EXPECT_NE(ktap(run).find("  not ok 1 N # TIMEOUT TIMEOUT: node2: no answer in 20 s\nnot ok 1 S\n"),
            std::string::npos)
      << ktap(run);
}

TEST(Ktap, NothingRanIsAnEmptyPlan) {
  EXPECT_EQ(ktap(RunResult{}), "KTAP version 1\n1..0\n");
}

}  // namespace
}  // namespace o2lab
