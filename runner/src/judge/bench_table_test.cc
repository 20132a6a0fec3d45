// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/bench_table.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoMiddleOnes) {
  EXPECT_EQ(median({5}), 5);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_THROW(median({}), Error);
}

TEST(BenchFigure, ARatioIsJudgedByItsMedianABoundByItsWorst) {
  BenchFigure figure{.name = "a / b", .goal = 2, .values = {1.5, 1.9, 2.6}};
  EXPECT_TRUE(figure.ok());
  EXPECT_EQ(figure.least(), 1.5);
  EXPECT_EQ(figure.most(), 2.6);
  figure.bound = true;
  EXPECT_FALSE(figure.ok());
}

TEST(BenchFigure, AtTheGoalIsInsideIt) {
  EXPECT_TRUE((BenchFigure{.name = "a / b", .goal = 2, .values = {2}}.ok()));
  EXPECT_FALSE((BenchFigure{.name = "a / b", .goal = 2, .values = {2.001}}.ok()));
}

TEST(BenchJson, HasExactlyTheAgreedFields) {
  const auto json = bench_json({{.name = "a / b", .goal = 2, .values = {1, 3, 1.23456}}});
  EXPECT_EQ(json.dump(), R"([{"name":"a / b","ratio":1.2346,"min":1.0,"max":3.0,"n":3,"goal":2.0}])");
}

TEST(BenchJson, LeavesOutWhatWasNotMeasured) {
  const std::vector<BenchFigure> figures{{.name = "a / b", .goal = 2, .missing = "run make lab-test"}};
  EXPECT_EQ(bench_json(figures).dump(), "[]");
  EXPECT_THAT(bench_table(figures), HasSubstr("run make lab-test"));
}

TEST(BenchTable, SaysWhichGoalIsMissed) {
  const std::string table = bench_table({{.name = "short / one", .goal = 2, .values = {1}},
                                         {.name = "slow / quick", .goal = 2, .values = {2.5}}});
  EXPECT_EQ(table,
            "name           ratio     min     max    n   goal  ok\n"
            "short / one    1.000   1.000   1.000    1   2.00  yes\n"
            "slow / quick   2.500   2.500   2.500    1   2.00  NO\n");
}

TEST(RunnerCpu, IsARatioOfTheRunsTotals) {
  RunResult run;
  run.host = {{"runner_cpu_s", "3.00"}, {"qemu_cpu_s", "200.00"}};
  EXPECT_THAT(runner_cpu_figure(run).values, ElementsAre(0.015));
}

TEST(RunnerCpu, IsMissingWithoutTotals) {
  RunResult run;
  run.host = {{"runner_cpu_s", "3.00"}};
  EXPECT_FALSE(runner_cpu_figure(run).measured());
}

TEST(Bounds, AreOneFigureACaseAndIntervalWithTheWorstJudged) {
  CaseResult one;
  one.suite = "Fencing";
  one.name = "Hung";
  one.intervals = {make_interval("node2: reset", 4s, 3s, 8s), make_interval("no upper bound", 4s, 3s, {}),
                   make_interval("never seen", {}, {}, 8s)};
  CaseResult again = one;
  again.intervals = {make_interval("node2: reset", 9s, 3s, 8s)};
  RunResult run;
  run.cases = {one, again};
  const std::vector<BenchFigure> figures = bound_figures(run);
  ASSERT_THAT(figures, SizeIs(1));
  EXPECT_EQ(figures[0].name, "Fencing.Hung: node2: reset / bound");
  EXPECT_THAT(figures[0].values, ElementsAre(0.5, 1.125));
  EXPECT_FALSE(figures[0].ok());
}

}  // namespace
}  // namespace o2lab
