// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/sequential.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace o2lab {
namespace {

using Random = std::mt19937_64;

bool happens(Random& random, double rate) {
  return std::generate_canonical<double, 53>(random) < rate;
}

TEST(ConfidenceSequence, ByHand) {
  EXPECT_EQ(confidence_sequence(0, 0, 0.95).low, 0);
  EXPECT_EQ(confidence_sequence(0, 0, 0.95).high, 1);
  // 0 of 1: the mixture gives a pass 1/2; rates with (1 - r) < 1/2 / 20 are out.
  EXPECT_EQ(confidence_sequence(0, 1, 0.95).low, 0);
  EXPECT_NEAR(confidence_sequence(0, 1, 0.95).high, 0.975, 1e-6);
  // 0 of 2: the mixture gives two passes 3/8, so (1 - r)^2 = 3/8 / 20.
  EXPECT_NEAR(confidence_sequence(0, 2, 0.95).high, 1 - std::sqrt(0.375 / 20), 1e-6);
  EXPECT_NEAR(confidence_sequence(2, 2, 0.95).low, std::sqrt(0.375 / 20), 1e-6);
  EXPECT_EQ(confidence_sequence(2, 2, 0.95).high, 1);
}

TEST(ConfidenceSequence, IsWiderThanAnIntervalOfFixedTrialsAndNarrowsWithThem) {
  double width = 1;
  for (const int64_t n : {10, 100, 1000, 10000}) {
    const Range sequence = confidence_sequence(n / 5, n, 0.95);
    const Range fixed = wilson(n / 5, n, 0.95);
    EXPECT_LT(sequence.low, fixed.low);
    EXPECT_GT(sequence.high, fixed.high);
    EXPECT_LT(sequence.high - sequence.low, width);
    width = sequence.high - sequence.low;
  }
}

/// How many of 1000 sequences that are looked at after each of 1000 trials have ever left the rate out.
template <class Interval>
int ever_wrong(double rate, const Interval& interval) {
  Random random(1);
  int wrong = 0;
  for (int run = 0; run < 1000; ++run) {
    int64_t hits = 0;
    for (int64_t n = 1; n <= 1000; ++n) {
      hits += happens(random, rate) ? 1 : 0;
      const Range range = interval(hits, n);
      if (range.low > rate || range.high < rate) {
        ++wrong;
        break;
      }
    }
  }
  return wrong;
}

TEST(ConfidenceSequence, IsSeldomEverWrongThoughLookedAtAfterEachTrial) {
  for (const double rate : {0.01, 0.2, 0.5})
    EXPECT_LE(ever_wrong(rate, [](int64_t k, int64_t n) { return confidence_sequence(k, n, 0.95); }), 50)
        << rate;
  EXPECT_GT(ever_wrong(0.2, [](int64_t k, int64_t n) { return wilson(k, n, 0.95); }), 200)
      << "an interval of fixed trials does not hold this: the test can tell";
}

/// How many of `runs` runs of at most `pairs` pairs ever say with 95 % that the rates differ.
int found(double rate_a, double rate_b, int runs, int pairs) {
  Random random(2);
  int out = 0;
  for (int run = 0; run < runs; ++run) {
    RatesDiffer test;
    for (int i = 0; i < pairs && test.confidence() < 0.95; ++i)
      test.pair(happens(random, rate_a), happens(random, rate_b));
    out += test.confidence() >= 0.95 ? 1 : 0;
  }
  return out;
}

TEST(RatesDiffer, SeldomEverSaysSoOfOneRate) {
  for (const double rate : {0.02, 0.2, 0.5, 1.0}) EXPECT_LE(found(rate, rate, 2000, 500), 100) << rate;
}

TEST(RatesDiffer, FindsWhatDiffers) {
  EXPECT_EQ(found(0.2, 0, 500, 300), 500);
  EXPECT_EQ(found(0, 0.5, 500, 50), 500);
  EXPECT_GE(found(0.3, 0.1, 500, 300), 450);
}

TEST(RatesDiffer, FirstPairsTellNothing) {
  RatesDiffer test;
  EXPECT_EQ(test.confidence(), 0);
  test.pair(true, false);
  EXPECT_NEAR(test.confidence(), 0, 1e-12) << "both were guessed alike";
  // Guessed 3/4 and 1/4, mean 1/2: (3/4 / 1/2)^2 for the same pair again.
  test.pair(true, false);
  EXPECT_NEAR(test.confidence(), 1 - 1 / 2.25, 1e-12);
}

}  // namespace
}  // namespace o2lab
