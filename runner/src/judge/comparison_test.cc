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

Sample on(Sample one, const char* flavour, const char* topology) {
  one.flavour = flavour;
  one.topology = topology;
  return one;
}

TEST(Comparison, KernelsAndTopologiesAreNotPooled) {
  const Sample quick{"A.B", "pass", {{kWholeCase, 16}}}, slow{"A.B", "pass", {{kWholeCase, 97}}};
  const std::vector<Sample> both = {on(quick, "lab", "own"), on(slow, "lab", "kernel-defaults"),
                                    on(quick, "debug", "own")};
  const Comparison same = compare(both, both);
  EXPECT_EQ(same.in_both, 3);
  ASSERT_THAT(same.intervals, SizeIs(3));
  for (const ComparedInterval& i : same.intervals) EXPECT_THAT(i.a, SizeIs(1)) << i.label();
  EXPECT_EQ(same.intervals[1].label(), "A.B on lab, kernel-defaults");
  const Comparison part = compare({both[0]}, {both[1], both[2]});
  EXPECT_EQ(part.in_both, 0) << "which of the two?";
  EXPECT_THAT(part.only_a, ElementsAre("A.B on lab, own"));
}

TEST(Comparison, TwoKernelsAreComparedWhereThatIsTheQuestion) {
  std::vector<Sample> lab = {on({"A.B", "pass", {}}, "lab", "own"), on({"A.D", "pass", {}}, "debug", "own")};
  std::vector<Sample> none = {on({"A.B", "fail", {}}, "lab@none", "own"), lab[1]};
  const Comparison c = compare(lab, none);
  EXPECT_EQ(c.in_both, 2);
  ASSERT_THAT(c.new_failures, SizeIs(1));
  EXPECT_EQ(c.new_failures[0].label(), "A.B on lab, own against lab@none, own");
}

TEST(Comparison, IntervalsOfACaseAreOneValue) {
  const auto side = [](double of_one) {
    std::vector<Sample> out = samples("A.6", "pass", {5});
    for (int i = 1; i <= 6; ++i) {
      Sample one{"A." + std::to_string(i), "pass", {}};
      for (int k = 0; k < 9; ++k) one.seconds.emplace_back("i" + std::to_string(k), i == 1 ? of_one : 10);
      out.push_back(one);
    }
    return out;
  };
  const Overall all = compare(side(10), side(20)).overall.at(1);
  EXPECT_EQ(all.pairs, 6U) << "cases, not 55 intervals";
}

TEST(Comparison, ManyIntervalsLookedAtTogether) {
  // 0.029 each for 4 and 4 that do not overlap: nothing among 40, unless most of them do.
  const auto side = [](int moved, double by) {
    std::vector<Sample> out;
    for (int k = 0; k < 4; ++k) {
      Sample one{"A.B", "pass", {}};
      for (int i = 0; i < 40; ++i)
        one.seconds.emplace_back("i" + std::to_string(i), 5 + 0.1 * k + (i < moved ? by : 0));
      out.push_back(one);
    }
    return out;
  };
  const Comparison one = compare(side(1, 0), side(1, 3));
  EXPECT_NEAR(one.intervals[0].p, 2.0 / 70, 1e-9);
  EXPECT_TRUE(one.intervals[0].shift.differs());
  EXPECT_FALSE(one.intervals[0].holds);
  EXPECT_EQ(
      one.together(),
      "1 of 40 intervals differ, each looked at by itself, where up to 2 would by chance; none holds when "
      "all are looked at together (Benjamini-Hochberg, 5 %)");
  const Comparison most = compare(side(30, 0), side(30, 3));
  EXPECT_EQ(most.hold, 30U);
  EXPECT_EQ(compare(samples("A.B", "pass", {5}), samples("A.B", "pass", {5})).together(), "");
}

TEST(Comparison, NewFailuresComeWithTheirOdds) {
  const std::vector<Sample> before(4, Sample{"A.B", "pass", {}}), now(4, Sample{"A.B", "fail", {}});
  EXPECT_NEAR(compare(before, now).new_failures.at(0).p, 2.0 / 70, 1e-9);
  EXPECT_EQ(compare({before[0]}, {now[0]}).new_failures.at(0).p, 1) << "one of one says nothing";
}

}  // namespace
}  // namespace o2lab
