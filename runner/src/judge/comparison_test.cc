// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::vector<Sample> samples(const char* name, const char* verdict, std::vector<double> seconds) {
  std::vector<Sample> out;
  for (const double s : seconds) out.push_back({name, verdict, {{"stall", s}}});
  return out;
}

TEST(Comparison, SaysByHowMuch) {
  // Differences b - a of these are 0.7, 0.8 or 0.9 s apart at least; all 16 lie in 0.5 to 1.1.
  const Comparison c =
      compare(samples("A.B", "pass", {5, 5.1, 5.2, 5.3}), samples("A.B", "pass", {5.8, 5.9, 6, 6.1}));
  ASSERT_THAT(c.intervals, SizeIs(1));
  EXPECT_EQ(c.intervals[0].text(), "slower by 0.80 s, 95 % CI 0.50 to 1.10 s");
  const Comparison back =
      compare(samples("A.B", "pass", {5.8, 5.9, 6, 6.1}), samples("A.B", "pass", {5, 5.1, 5.2, 5.3}));
  EXPECT_EQ(back.intervals[0].text(), "faster by 0.80 s, 95 % CI 0.50 to 1.10 s");
}

TEST(Comparison, SaysThatNothingIsShown) {
  const auto same = samples("A.B", "pass", {5, 5.1, 5.2, 5.3});
  EXPECT_EQ(compare(same, same).intervals[0].text(),
            "no difference shown (+0.00 s, 95 % CI -0.30 to 0.30 s)");
  const auto one = samples("A.B", "pass", {5});
  EXPECT_EQ(compare(one, one).intervals[0].text(),
            "too few to tell (1 and 1; 4 and 4 are enough), medians 5.00 and 5.00 s");
}

TEST(Comparison, NewAndMendedFailures) {
  std::vector<Sample> a = {{"A.new", "pass", {}},   {"A.old", "fail", {}},  {"A.both", "fail", {}},
                           {"A.gone", "pass", {}},  {"A.skip", "pass", {}}, {"A.flaky", "pass", {}},
                           {"A.flaky", "error", {}}};
  std::vector<Sample> b = {{"A.new", "fail", {}},  {"A.old", "pass", {}},  {"A.both", "fail", {}},
                           {"A.come", "pass", {}}, {"A.skip", "skip", {}}, {"A.flaky", "fail", {}}};
  const Comparison c = compare(a, b);
  ASSERT_THAT(c.new_failures, SizeIs(1));
  EXPECT_EQ(c.new_failures[0].test, "A.new");
  ASSERT_THAT(c.mended, SizeIs(1));
  EXPECT_EQ(c.mended[0].test, "A.old");
  EXPECT_THAT(c.only_a, ElementsAre("A.gone", "A.skip"));
  EXPECT_THAT(c.only_b, ElementsAre("A.come"));
  EXPECT_EQ(c.in_both, 4);
}

TEST(Comparison, SingleRunsAreComparedOverTheirCases) {
  std::vector<Sample> a, b;
  for (int i = 1; i <= 8; ++i) {
    a.push_back({"A." + std::to_string(i), "pass", {{kWholeCase, 10.0 * i}}});
    b.push_back({"A." + std::to_string(i), "pass", {{kWholeCase, 11.0 * i}}});
  }
  const Comparison c = compare(a, b);
  EXPECT_EQ(c.overall.at(0).text(), "slower by 10.0 %, 95 % CI 10.0 to 10.0 % (8 pairs)");
  EXPECT_EQ(c.overall.at(1).text(), "too few pairs to tell (0; 6 are enough)");
  EXPECT_EQ(compare(b, a).overall.at(0).text(), "faster by 9.1 %, 95 % CI 9.1 to 9.1 % (8 pairs)");
  EXPECT_EQ(compare(a, a).overall.at(0).text(),
            "no difference shown (+0.0 %, 95 % CI 0.0 to 0.0 %, 8 pairs)");
}

TEST(Comparison, TimesOfFailedCasesDoNotCount) {
  auto a = samples("A.B", "pass", {1, 2, 3, 4});
  auto b = a;
  b.push_back({"A.B", "fail", {{"stall", 1000}}});
  EXPECT_EQ(compare(a, b).intervals[0].b.size(), 4U);
}

}  // namespace
}  // namespace o2lab
