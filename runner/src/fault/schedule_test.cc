// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

bool strikes(const ScheduleRound& round, Blow blow) {
  return round.blow == blow;
}

TEST(Schedule, SameSeedMakesTheSameAndAnotherOneADifferentOne) {
  EXPECT_EQ(make_schedule(7, 3, 10), make_schedule(7, 3, 10));
  EXPECT_NE(make_schedule(7, 3, 10).rounds, make_schedule(8, 3, 10).rounds);
}

// A seed that somebody reports must mean the same to whoever repeats it.
TEST(Schedule, SeedMeansTheSameEverywhere) {
  const Schedule schedule = make_schedule(1, 3, 2);
  EXPECT_EQ(describe(schedule.rounds.at(0)), "disk_hang of node 1 (lead 2000 ms)");
  EXPECT_EQ(describe(schedule.rounds.at(1)),
            "slow_disk on node 3, clock_step on node 3, crash of node 3 (lead 1000 ms)");
}

TEST(Schedule, KeepsTheRules) {
  std::set<Blow> blows;
  std::set<Nuisance> nuisances;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Schedule two = make_schedule(seed, 2, 3);
    for (const ScheduleRound& round : two.rounds)
      if (strikes(round, Blow::isolation)) {
        EXPECT_EQ(round.victim, 2);
      }
    const Schedule schedule = make_schedule(seed, 3, 4);
    EXPECT_TRUE(schedule.rounds.at(0).blow);
    for (const ScheduleRound& round : schedule.rounds) {
      EXPECT_GE(round.lead, 1s);
      EXPECT_LE(round.lead, 4s);
      EXPECT_LE(round.troubles.size(), 2U);
      EXPECT_EQ(round.blow.has_value(), round.victim != 0);
      EXPECT_LE(round.victim, 3);
      if (round.blow) blows.insert(*round.blow);
      for (const auto& trouble : round.troubles) nuisances.insert(trouble.what);
    }
  }
  EXPECT_EQ(blows.size(), 4U);
  EXPECT_EQ(nuisances.size(), 5U);
}

TEST(Schedule, GoesThroughJson) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Schedule schedule = make_schedule(seed, 5, 6);
    EXPECT_EQ(schedule_from_json(to_json(schedule)), schedule);
  }
}

TEST(Schedule, BadJsonIsNamed) {
  const auto error_of = [](const char* text) -> std::string {
    try {
      schedule_from_json(nlohmann::json::parse(text));
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input);
      return e.what();
    }
    return "none";
  };
  EXPECT_THAT(error_of(R"({"seed":1,"nodes":3,"rounds":[]})"), HasSubstr("no rounds"));
  EXPECT_THAT(error_of(R"({"seed":1,"rounds":[]})"), HasSubstr("nodes"));
  EXPECT_THAT(error_of(R"({"seed":1,"nodes":99,"rounds":[]})"), HasSubstr("nodes 99"));
  EXPECT_THAT(error_of(R"({"seed":1,"nodes":3,"rounds":[{"lead_ms":1,"blow":"flood","victim":1}]})"),
              HasSubstr("\"flood\" is no blow"));
  EXPECT_THAT(error_of(R"({"seed":1,"nodes":3,"rounds":[{"lead_ms":1,"blow":"crash","victim":4}]})"),
              HasSubstr("victim 4"));
  EXPECT_THAT(error_of(R"({"seed":1,"nodes":3,"rounds":[{"lead_ms":-1}]})"), HasSubstr("lead_ms -1"));
}

TEST(Shrink, FindsTheOneRoundThatMatters) {
  const Schedule failing = make_schedule(3, 3, 16);
  const ScheduleRound culprit = failing.rounds.at(11);
  int asked = 0;
  const Schedule small = shrink(failing, 100, [&](const Schedule& s) {
    ++asked;
    return std::find(s.rounds.begin(), s.rounds.end(), culprit) != s.rounds.end();
  });
  ASSERT_EQ(small.rounds.size(), 1U);
  EXPECT_EQ(small.rounds.at(0), culprit);
  EXPECT_LE(asked, 40);
}

TEST(Shrink, KeepsTwoRoundsThatFailOnlyTogether) {
  const Schedule failing = make_schedule(4, 3, 9);
  const auto has = [](const Schedule& s, const ScheduleRound& r) {
    return std::find(s.rounds.begin(), s.rounds.end(), r) != s.rounds.end();
  };
  const Schedule small = shrink(failing, 200, [&](const Schedule& s) {
    return has(s, failing.rounds.at(1)) && has(s, failing.rounds.at(7));
  });
  EXPECT_EQ(small.rounds.size(), 2U);
}

TEST(Shrink, LeavesOutWhatTheRoundDoesNotNeed) {
  Schedule failing{1, 3, {{2s, {{Nuisance::slow_disk, 1}, {Nuisance::clock_step, 2}}, Blow::crash, 3}}};
  const Schedule small = shrink(failing, 100, [](const Schedule& s) {
    for (const ScheduleRound& round : s.rounds)
      for (const auto& trouble : round.troubles)
        if (trouble.what == Nuisance::clock_step) return true;
    return false;
  });
  const Schedule wanted{1, 3, {{2s, {{Nuisance::clock_step, 2}}, std::nullopt, 0}}};
  EXPECT_EQ(small, wanted);
}

TEST(Shrink, AsksNoMoreThanItMay) {
  int asked = 0;
  shrink(make_schedule(5, 3, 16), 5, [&](const Schedule&) {
    ++asked;
    return true;
  });
  EXPECT_EQ(asked, 5);
}

}  // namespace
}  // namespace o2lab
