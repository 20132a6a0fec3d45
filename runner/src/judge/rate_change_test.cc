// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/rate_change.h"

#include <gtest/gtest.h>

#include <random>

namespace o2lab {
namespace {

/// A letter a run of one trial: F or p.
std::vector<FailureRate> runs_of(const std::string& letters) {
  std::vector<FailureRate> out;
  for (const char letter : letters) out.push_back({1, letter == 'F' ? 1 : 0});
  return out;
}

TEST(RateChange, ProbabilitiesByHand) {
  // Both failures last: one of C(8,2) = 28 orders is that sharp.
  const RateChange two = rate_change(runs_of("ppppppFF"), RateMoved::up);
  EXPECT_EQ(two.first, 6U);
  EXPECT_EQ(two.before.failed, 0);
  EXPECT_EQ(two.after.failed, 2);
  EXPECT_NEAR(two.probability, 1.0 / 28, 0.01);
  // Three runs of four trials, all four failures in the last: one of C(12,4) = 495.
  EXPECT_NEAR(rate_change({{4, 0}, {4, 0}, {4, 4}}, RateMoved::up).probability, 1.0 / 495, 0.0015);
  EXPECT_NEAR(rate_change(runs_of("FFpppppp"), RateMoved::down).probability, 1.0 / 28, 0.01);
}

TEST(RateChange, OnlyInTheDirectionAskedFor) {
  EXPECT_EQ(rate_change(runs_of("FFpppp"), RateMoved::up).first, 0U);
  EXPECT_EQ(rate_change(runs_of("pppp"), RateMoved::up).first, 0U);
  EXPECT_EQ(rate_change(runs_of("FFFF"), RateMoved::down).probability, 1);
  EXPECT_EQ(rate_change({}, RateMoved::up).probability, 1);
}

TEST(RateChange, SpreadFailuresAreNoChange) {
  EXPECT_GT(rate_change(runs_of("ppFpppFppFpppppFppF"), RateMoved::up).probability, 0.2);
}

TEST(RateChange, FlakesAreRarelyTakenForRegressions) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  constexpr int nights = 400;
  int named = 0;
  for (int night = 0; night < nights; ++night) {
    const double rate = 0.1 + 0.4 * uniform(random);
    std::vector<FailureRate> runs(21);
    for (FailureRate& run : runs) run = {1, uniform(random) < rate ? 1 : 0};
    named += rate_change(runs, RateMoved::up).probability <= 0.01 ? 1 : 0;
  }
  RecordProperty("named", named);
  EXPECT_LE(named, 12) << "at 1 % some 4 of 400";
}

TEST(RateChange, RegressionsOfFlakesAreSeenWithinNights) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  int named = 0, right = 0;
  constexpr int cases = 200;
  for (int i = 0; i < cases; ++i) {
    std::vector<FailureRate> runs;
    for (int run = 0; run < 20; ++run) runs.push_back({1, uniform(random) < 0.1 ? 1 : 0});
    for (int run = 0; run < 5; ++run) runs.push_back({1, 1});
    const RateChange change = rate_change(runs, RateMoved::up);
    named += change.probability <= 0.01 ? 1 : 0;
    right += change.first == 20 ? 1 : 0;
  }
  EXPECT_GT(named, cases * 8 / 10);
  EXPECT_GT(right, cases * 6 / 10);
  RecordProperty("named", named);
}

}  // namespace
}  // namespace o2lab
