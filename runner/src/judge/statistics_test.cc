// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace o2lab {
namespace {

TEST(Statistics, MedianAndQuantiles) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(median({7}), 7);
  EXPECT_THROW(median({}), Error);
  // Five values at 0, 1/4, 1/2, 3/4, 1: a tenth is 0.4 of the way from the first to the second.
  EXPECT_DOUBLE_EQ(quantile({10, 20, 30, 40, 50}, 0.1), 14);
  EXPECT_DOUBLE_EQ(quantile({10, 20, 30, 40, 50}, 0.25), 20);
  EXPECT_DOUBLE_EQ(quantile({10, 20, 30, 40, 50}, 1), 50);
}

TEST(Statistics, WilsonByHand) {
  // z^2 = 3.841459; 0 of 10: upper = z^2 / (10 + z^2) = 3.841459 / 13.841459.
  EXPECT_EQ(wilson(0, 10).low, 0);
  EXPECT_NEAR(wilson(0, 10).high, 0.277533, 1e-5);
  // 1 of 10: middle (0.1 + 0.19207295) / 1.3841459 = 0.2110132, half 1.959964 * sqrt(0.009 + 0.0096036475) /
  // 1.3841459 = 0.1931372.
  EXPECT_NEAR(wilson(1, 10).low, 0.0178760, 1e-5);
  EXPECT_NEAR(wilson(1, 10).high, 0.4041504, 1e-5);
  EXPECT_EQ(wilson(10, 10).high, 1);
  EXPECT_NEAR(wilson(10, 10).low, 1 - 0.277533, 1e-5);
  EXPECT_EQ(wilson(0, 0).low, 0);
  EXPECT_EQ(wilson(0, 0).high, 1);
}

TEST(Statistics, WilsonAtOtherConfidences) {
  // z = 2.575829 and 1.644854: 0 of 10 leaves z^2 / (10 + z^2).
  EXPECT_NEAR(wilson(0, 10, 0.99).high, 0.398851, 1e-5);
  EXPECT_NEAR(wilson(0, 10, 0.90).high, 0.212942, 1e-5);
  EXPECT_NEAR(wilson(3, 20).low, 0.052369, 1e-4);
  EXPECT_NEAR(wilson(3, 20).high, 0.360418, 1e-4);
}

TEST(Statistics, FisherByHand) {
  // 3 of 3 and 0 of 3: two of the C(6,3) = 20 tables are that far apart.
  EXPECT_NEAR(fisher(3, 3, 0, 3), 0.1, 1e-9);
  // A lady who names all four of eight cups: 1/70 in one direction, 2/70 in both; with three of four 34/70.
  EXPECT_NEAR(fisher(4, 4, 0, 4), 2.0 / 70, 1e-9);
  EXPECT_NEAR(fisher(3, 4, 1, 4), 34.0 / 70, 1e-9);
  EXPECT_NEAR(fisher(0, 5, 0, 7), 1, 1e-9);
  EXPECT_NEAR(fisher(3, 200, 0, 600), 0.0155, 1e-4);
}

TEST(Statistics, FourAndFourAreTheFirstEqualNumbersThatTell) {
  // Of C(8,4) = 70 arrangements one has U = 0: 1.4 % a side; of C(6,3) = 20 one: 5 %.
  const Shift four = shift_of({1, 2, 3, 4}, {11, 12, 13, 14});
  EXPECT_TRUE(four.known);
  EXPECT_EQ(four.median, 10);
  EXPECT_EQ(four.interval.low, 7);    // 11 - 4
  EXPECT_EQ(four.interval.high, 13);  // 14 - 1
  EXPECT_TRUE(four.differs());
  const Shift three = shift_of({1, 2, 3}, {101, 102, 103});
  EXPECT_FALSE(three.known);
  EXPECT_FALSE(three.differs());
  EXPECT_EQ(three.median, 100);
}

TEST(Statistics, FiveAndFiveLeaveOutTwoAtEachEnd) {
  // Of 252 arrangements 1, 1, 2, 3 have U = 0, 1, 2, 3: U < 3 is 1.6 %, U < 4 is 2.8 %, so the interval goes
  // from the third smallest difference to the third largest. With a = 0 1 2 3 4 and b = 10 20 30 40 50 the
  // smallest differences are 6 7 8 and the largest 50 49 48.
  const Shift shift = shift_of({0, 1, 2, 3, 4}, {10, 20, 30, 40, 50});
  EXPECT_EQ(shift.interval.low, 8);
  EXPECT_EQ(shift.interval.high, 48);
  EXPECT_EQ(shift.median, 28);  // 30 - 2
}

TEST(Statistics, MoreConfidenceTakesMoreValues) {
  // One of C(10,5) = 252 is 0.4 % a side: enough for 99 %, not for 99.9 %. Of C(24,4) = 10626 at 99.9 % five
  // are left out: 1, 1, 2, 3, 5 arrangements have U = 0 to 4, 1 in 1000 with one more.
  EXPECT_EQ(shift_slack(5, 5, 0.99), 1U);
  EXPECT_EQ(shift_slack(5, 5, 0.999), 0U);
  EXPECT_EQ(shift_slack(20, 4, 0.999), 3U);
  EXPECT_EQ(shift_slack(0, 4, 0.95), 0U);
  const std::vector<double> a = {0, 1, 2, 3, 4}, b = {10, 20, 30, 40, 50};
  EXPECT_EQ(shift_of(a, b, 0.99).interval.low, 6);
  EXPECT_FALSE(shift_of(a, b, 0.999).known);
}

TEST(Statistics, SameValuesDoNotDiffer) {
  const std::vector<double> a = {5.1, 5.3, 4.9, 5.0, 5.2, 5.1};
  const Shift shift = shift_of(a, a);
  EXPECT_TRUE(shift.known);
  EXPECT_EQ(shift.median, 0);
  EXPECT_FALSE(shift.differs());
}

TEST(Statistics, UnequalNumbersAndSigns) {
  // C(10,2) = 45: U = 0 is 2.2 %.
  const Shift shift = shift_of({100, 101}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_TRUE(shift.known);
  EXPECT_EQ(shift.interval.low, -100);
  EXPECT_EQ(shift.interval.high, -92);
  EXPECT_TRUE(shift.differs());
  EXPECT_FALSE(shift_of({}, {1}).known);
  EXPECT_FALSE(shift_of({1}, {2}).known);
}

TEST(Statistics, PairsByHand) {
  // Of 32 signs of five ranks one has sum 0: 3.1 %; of 64 of six one: 1.6 %.
  EXPECT_FALSE(shift_of_pairs({1, 2, 3, 4, 5}).known);
  const Shift six = shift_of_pairs({1, 2, 3, 4, 5, 6});
  EXPECT_TRUE(six.known);
  EXPECT_EQ(six.median, 3.5);
  EXPECT_EQ(six.interval.low, 1);
  EXPECT_EQ(six.interval.high, 6);
  // Of 256 there are 1, 1, 1, 2, 2 with sums 0 to 4: W < 4 is 2.0 %, W < 5 is 2.7 %, so from the fourth of
  // the means 1, 1.5, 2, 2 to the fourth of 8, 7.5, 7, 7.
  const Shift eight = shift_of_pairs({1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(eight.interval.low, 2);
  EXPECT_EQ(eight.interval.high, 7);
  EXPECT_FALSE(shift_of_pairs({-3, -2, -1, 1, 2, 3}).differs());
  EXPECT_FALSE(shift_of_pairs({}).known);
}

TEST(Statistics, ManyValuesAgreeWithTheNormalApproximation) {
  std::vector<double> a, b;
  for (int i = 0; i < 50; ++i) a.push_back(i);
  for (int i = 0; i < 50; ++i) b.push_back(i + 20);
  const Shift exact = shift_of(a, b);
  a.push_back(24.5);
  b.push_back(44.5);
  const Shift approximate = shift_of(a, b);
  EXPECT_EQ(exact.median, 20);
  EXPECT_NEAR(exact.interval.low, approximate.interval.low, 1);
  EXPECT_NEAR(exact.interval.high, approximate.interval.high, 1);
  EXPECT_TRUE(exact.differs());
}

TEST(Statistics, TheShiftDiffersExactlyBelowItsP) {
  for (const size_t n : {4U, 7U, 60U}) {
    std::vector<double> a, b;
    for (size_t i = 0; i < n; ++i) {
      a.push_back(static_cast<double>(i * 7 % n));
      b.push_back(static_cast<double>(i * 5 % n) + static_cast<double>(n) * (n < 10 ? 0.6 : 0.15));
    }
    const double p = shift_p(a, b);
    ASSERT_GT(p, 0);
    ASSERT_LT(p, 0.5);
    EXPECT_TRUE(shift_of(a, b, 1 - p * 1.001).differs()) << n;
    EXPECT_FALSE(shift_of(a, b, 1 - p * 0.96).differs()) << n;
    EXPECT_EQ(p, shift_p(b, a));
  }
  EXPECT_EQ(shift_p({1, 1, 1, 1}, {1, 1, 1, 1}), 1);
  EXPECT_EQ(shift_p({}, {1}), 1);
}

TEST(Statistics, TogetherFewerHold) {
  EXPECT_EQ(hold_together({0.04}), std::vector<bool>{true});
  // The example of Benjamini and Hochberg (1995), 3.2: 15 tests, of which 4 hold.
  const std::vector<bool> held = hold_together({0.0459, 0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278,
                                                0.0298, 0.0344, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0});
  EXPECT_EQ(std::count(held.begin(), held.end(), true), 4);
  EXPECT_FALSE(held[0]);
  EXPECT_TRUE(held[4]);
}

}  // namespace
}  // namespace o2lab
