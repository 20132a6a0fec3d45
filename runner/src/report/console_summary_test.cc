// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/console_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/example_run.h"

namespace o2lab {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(ConsoleSummary, MatchesTheStoredExample) {
  EXPECT_EQ(console_summary(example_run(), "results/20261122T155003Z-3f9a"),
            read_file(fs::path(O2LAB_TESTDATA) / "report/example.summary"));
}

TEST(ConsoleSummary, LastLineIsTheCountsEvenWhenNothingRan) {
  EXPECT_THAT(console_summary(RunResult{}, "r"), EndsWith("\n0 passed, 0 failed, 0 skipped\n"));
  RunResult run = example_run();
  run.cases.resize(1);
  const std::string text = console_summary(run, "r");
  EXPECT_THAT(text, EndsWith("\n1 passed, 0 failed, 0 skipped\n"));
  EXPECT_THAT(text, Not(HasSubstr("repeat")));
}

TEST(ConsoleSummary, ColoursOnlyWhenAsked) {
  EXPECT_THAT(console_summary(example_run(), "r"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(console_summary(example_run(), "r", true),
              HasSubstr("\x1b[1;31m2 passed, 3 failed, 1 skipped\x1b[0m\n"));
}

}  // namespace
}  // namespace o2lab
