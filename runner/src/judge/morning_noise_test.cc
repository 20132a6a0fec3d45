// SPDX-License-Identifier: GPL-2.0-or-later
// Histories drawn at random, many of them: what is named where nothing changed, and what is missed where
// something did.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "judge/nights_for_test.h"

namespace o2lab {
namespace {

struct Plant {
  int cases = 40;
  int runs = 21;
  int repeat = 1;         ///< trials of each case in a run
  double host_noise = 0;  ///< of whole runs: standard deviation of the logarithm of their times
  double case_noise = 0;  ///< the same of each case in a run
  double slower = 1;      ///< Suite.Case0 tonight
  bool flakes = true;     ///< Suite.Case1 to 3 fail now and then
  double regression = 0;  ///< rate at which Suite.Case4 fails tonight
};

Morning drawn(const Plant& plant, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  Nights nights;
  for (int run = 0; run < plant.runs; ++run) {
    const bool tonight = run + 1 == plant.runs;
    const double host = std::exp(plant.host_noise * normal(random));
    for (int i = 0; i < plant.cases; ++i) {
      const double slow = host * std::exp(plant.case_noise * normal(random));
      double rate = plant.flakes && i >= 1 && i <= 3 ? 0.1 + 0.1 * i : 0;
      if (i == 4 && tonight) rate = plant.regression;
      for (int trial = 0; trial < plant.repeat; ++trial) {
        // What times here look like: a wait for the next beat, work, and now and then a host that is busy.
        const double beat = 2 * uniform(random);
        const double work = (8 + i) * std::exp(0.03 * normal(random));
        const double busy = uniform(random) < 0.05 ? 10 * uniform(random) : 0;
        const double late = i == 0 && tonight ? plant.slower : 1;
        StoredCase& one =
            nights.ending(fmt::format("Suite.Case{}", i), run, uniform(random) < rate ? 'F' : 'p',
                          (beat + work + busy) * slow * late);
        const auto ms = [](double seconds) {
          return std::chrono::milliseconds(static_cast<int>(1000 * seconds));
        };
        one.intervals = {make_interval("death to down", ms((6 + beat) * late), {}, {}),
                         make_interval("stall", ms(0.3 * std::exp(normal(random)) * slow), {}, {})};
      }
    }
  }
  return nights.morning();
}

/// A flake that fails for the first time ever is a new failure to anyone; all else would be wrong.
bool false_alarm(const Morning& morning) {
  for (const MorningCase& c : morning.cases)
    if (c.is_new && c.before.failed > 0) return true;
  return !morning.times.slower.empty() || !morning.times.faster.empty();
}

int false_alarms(const Plant& plant, int nights, unsigned seed) {
  std::mt19937_64 random(seed);
  int out = 0;
  for (int night = 0; night < nights; ++night) out += false_alarm(drawn(plant, random)) ? 1 : 0;
  testing::Test::RecordProperty("false_alarms", out);
  return out;
}

TEST(MorningNoise, NothingIsNamedWhereNothingChanged) {
  EXPECT_LE(false_alarms({}, 50, 1), 4) << "at 1 % for rates and 1 % for times some 1 of 50";
}

TEST(MorningNoise, NothingIsNamedWhereNothingChangedAndCasesAreRepeated) {
  Plant plant;
  plant.runs = 5;
  plant.repeat = 5;
  EXPECT_LE(false_alarms(plant, 80, 2), 5);
}

TEST(MorningNoise, SlowAndFastNightsOfAHostAreNotNamed) {
  Plant plant;
  plant.runs = 5;
  plant.repeat = 5;
  plant.host_noise = 0.1;
  EXPECT_LE(false_alarms(plant, 80, 3), 5);
}

TEST(MorningNoise, NightsInWhichAHostIsBusyAreNotNamedInFewCasesEither) {
  Plant plant;
  plant.cases = 8;
  plant.runs = 5;
  plant.repeat = 5;
  plant.host_noise = 0.5;
  plant.case_noise = 0.1;
  EXPECT_LE(false_alarms(plant, 80, 5), 8) << "at 2 % some 2 of 80, and more as a busy host slows unevenly";
}

TEST(MorningNoise, WhatIsPlantedIsNamed) {
  Plant plant;
  plant.runs = 5;
  plant.repeat = 5;
  plant.slower = 1.4;
  plant.regression = 1;
  std::mt19937_64 random(4);
  int slower = 0, failing = 0, flaky = 0;
  constexpr int nights = 60;
  for (int night = 0; night < nights; ++night) {
    const Morning morning = drawn(plant, random);
    for (const MorningTime& time : morning.times.slower)
      slower += time.key.name == "Suite.Case0" && time.name == "death to down";
    for (const MorningCase& c : morning.cases) {
      failing += c.key.name == "Suite.Case4" && c.standing == Standing::new_failure;
      flaky += c.key.name == "Suite.Case3" && c.standing == Standing::flaky;
    }
  }
  testing::Test::RecordProperty("slower", slower);
  testing::Test::RecordProperty("flaky", flaky);
  EXPECT_EQ(failing, nights);
  EXPECT_GE(flaky, nights * 9 / 10) << "40 % of 25 trials";
  EXPECT_GE(slower, nights * 8 / 10);
}

}  // namespace
}  // namespace o2lab
