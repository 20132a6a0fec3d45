// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/morning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/nights_for_test.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Of the one case of a history with this story.
MorningCase standing_of(const std::string& letters, const std::string& hash = "k1") {
  const Morning morning = Nights().story("A.B", letters, hash).morning();
  EXPECT_THAT(morning.cases, SizeIs(1));
  EXPECT_EQ(morning.anything_new(), morning.cases.at(0).is_new);
  return morning.cases.at(0);
}

TEST(Morning, FailureThatNeverWasIsNew) {
  const MorningCase c = standing_of("ppppppppppppppppppppF");
  EXPECT_EQ(c.standing, Standing::new_failure);
  EXPECT_TRUE(c.is_new);
  EXPECT_EQ(c.runs.at(c.since.value()).id, "run20");
  EXPECT_THAT(
      c.why,
      HasSubstr("1 of 1 failed, none of 20 before; if nothing had changed that had a chance of 0.048"));
}

TEST(Morning, CaseThatNeverRanBeforeAndFailsIsNew) {
  EXPECT_EQ(standing_of("F").standing, Standing::new_failure);
  EXPECT_EQ(standing_of("p").standing, Standing::passes);
}

TEST(Morning, FailureGoesOnSinceItsFirstRun) {
  const MorningCase c = standing_of("ppppFFF");
  EXPECT_EQ(c.standing, Standing::still_failing);
  EXPECT_FALSE(c.is_new);
  EXPECT_EQ(c.runs.at(c.since.value()).id, "run04");
}

TEST(Morning, FlakeThatFailsAgainIsNoRegression) {
  for (const char* letters : {"ppFpppFpppFppppF", "pFpppppppppppppF", "FppF"}) {
    const MorningCase c = standing_of(letters);
    EXPECT_EQ(c.standing, Standing::flaky) << letters;
    EXPECT_FALSE(c.is_new) << letters;
  }
  EXPECT_THAT(standing_of("ppFpppFpppFppppF").why, HasSubstr("4 of 16 failed, 25 % [10-49]"));
}

TEST(Morning, FlakeThatFailsAllTheTimeIsARegressionOnceThatIsSure) {
  // One failure and then k in a row: with 20 runs before the third tells at 1 %.
  EXPECT_EQ(standing_of("ppppppppppFpppppppppFF").standing, Standing::flaky);
  const MorningCase told = standing_of("ppppppppppFpppppppppFFF");
  EXPECT_EQ(told.standing, Standing::new_failure);
  EXPECT_TRUE(told.is_new);
  EXPECT_EQ(told.runs.at(told.since.value()).id, "run20");
  EXPECT_THAT(told.why, HasSubstr("fails more often: 3 of 3 since then, 1 of 20 before"));
  const MorningCase later = standing_of("ppppppppppFpppppppppFFFF");
  EXPECT_EQ(later.standing, Standing::still_failing);
  EXPECT_FALSE(later.is_new) << "the morning before told it";
}

TEST(Morning, FixedOrOnlyLucky) {
  Nights fixed;
  fixed.story("A.B", "pppFFF", "k1").ending("A.B", 6, 'p', 10, "k2");
  // A kernel that passed and failed it: two runs on k1 before, so the failures are told apart by their place.
  EXPECT_EQ(fixed.morning().cases.at(0).standing, Standing::flaky);
  Nights other;
  other.story("A.B", "ppp", "k0").story("A.B", "---FFF", "k1").story("A.B", "------p", "k2");
  const MorningCase c = other.morning().cases.at(0);
  EXPECT_EQ(c.standing, Standing::fixed);
  EXPECT_EQ(c.runs.at(c.since.value()).id, "run06");
  EXPECT_FALSE(other.morning().anything_new());
  EXPECT_EQ(standing_of("pppppppFp").standing, Standing::flaky) << "the same kernel failed and passed";
}

TEST(Morning, PassesAgainForLongIsFlakyOnlyOnTheSameKernel) {
  Nights cured;
  cured.story("A.B", "ppp", "k0").story("A.B", "---FF", "k1").story("A.B", "-----ppp", "k2");
  EXPECT_EQ(cured.morning().cases.at(0).standing, Standing::passes);
}

TEST(Morning, ExpectedFailureIsKnown) {
  Nights nights;
  nights.story("A.B", "ppp").ending("A.B", 3, 'F').expected = "reason (link)";
  EXPECT_EQ(nights.morning().cases.at(0).standing, Standing::known_failure);
  EXPECT_FALSE(nights.morning().anything_new());
}

TEST(Morning, WithoutAVerdict) {
  const MorningCase c = standing_of("pppE");
  EXPECT_EQ(c.standing, Standing::no_verdict);
  EXPECT_TRUE(c.is_new);
  EXPECT_FALSE(standing_of("ppEE").is_new);
}

TEST(Morning, AnotherFlavourOrTopologyIsAnotherStory) {
  Nights nights;
  nights.story("A.B", "pppp");
  for (int run = 0; run < 4; ++run) nights.ending("A.B", run, run == 3 ? 'F' : 'p').flavour = "debug";
  for (int run = 0; run < 4; ++run) nights.ending("A.B", run, 'F').topology = "kernel-defaults";
  const Morning morning = nights.morning();
  ASSERT_THAT(morning.cases, SizeIs(3));
  ASSERT_THAT(morning.of(Standing::new_failure), SizeIs(1));
  EXPECT_EQ(morning.of(Standing::new_failure)[0]->key.flavour, "debug");
  ASSERT_THAT(morning.of(Standing::still_failing), SizeIs(1));
  EXPECT_EQ(morning.of(Standing::still_failing)[0]->key.topology, "kernel-defaults");
}

TEST(Morning, CasesAndFlavoursThatDidNotRun) {
  Nights nights;
  nights.story("A.B", "pppp").story("A.Gone", "ppp-").story("A.Skipped", "pppS").story("A.New", "---p");
  nights.ending("A.B", 2, 'p').flavour = "kasan";
  const Morning morning = nights.morning();
  ASSERT_THAT(morning.missing, SizeIs(2));
  EXPECT_EQ(morning.missing[0].key.name, "A.Gone");
  EXPECT_EQ(morning.missing[0].run, "run02");
  EXPECT_EQ(morning.missing[1].key.name, "A.Skipped");
  ASSERT_THAT(morning.not_run, SizeIs(1));
  EXPECT_EQ(morning.not_run[0].key.flavour, "kasan");
  EXPECT_THAT(Nights().story("A.B", "pp--------p").story("A.Old", "p----------").morning().missing, IsEmpty())
      << "more than a week ago";
}

TEST(Morning, OneReportHoweverOftenItCame) {
  const ReportFingerprint splat{"WARNING in o2x", {"a", "b", "c"}}, other{"WARNING in o2y", {}};
  Nights nights;
  nights.story("A.C", "F").ending("A.B", 0, 'F').reports = {
      {1, "warning", {"WARNING in o2x", {"a"}}}, {2, "warning", splat}, {2, "warning", other}};
  nights.ending("A.D", 0, 'F').reports = {{1, "warning", splat}};
  const Morning morning = nights.morning({{{"WARNING in o2y", {"z"}}, "run-old", "2026-10-01T"}});
  ASSERT_THAT(morning.reports, SizeIs(2));
  EXPECT_EQ(morning.reports[0].fingerprint, splat) << "the new one first, with the longest trace";
  EXPECT_TRUE(morning.reports[0].is_new);
  EXPECT_EQ(morning.reports[0].count, 3U);
  EXPECT_THAT(morning.reports[0].cases, ElementsAre("A.B", "A.D"));
  EXPECT_THAT(morning.reports[0].nodes, ElementsAre("node1", "node2"));
  EXPECT_FALSE(morning.reports[1].is_new);
  EXPECT_EQ(morning.reports[1].first_run, "run-old");
}

TEST(Morning, SlowerInOneNightOfRepetitions) {
  Nights nights;
  for (int run = 0; run < 4; ++run)
    for (int i = 0; i < 5; ++i) {
      const double late = run == 3 ? 1.5 : 0;
      nights.ending("A.B", run, 'p', 10 + 0.1 * i + late).intervals = {make_interval(
          "node2: cut to reset", std::chrono::milliseconds(4000 + 50 * i + int(1000 * late)), {}, {})};
      nights.ending("A.Same", run, 'p', 10 + 0.1 * i + (run % 2) * 0.2);
    }
  const Morning morning = nights.morning();
  ASSERT_THAT(morning.times.slower, SizeIs(2));
  const MorningTime& time = morning.times.slower[0];
  EXPECT_EQ(time.name, "node2: cut to reset");
  EXPECT_EQ(time.runs.at(time.since).id, "run03");
  EXPECT_NEAR(time.shift.median, 1.5, 0.01);
  EXPECT_GT(time.shift.interval.low, 1.2);
  EXPECT_TRUE(time.is_new);
  EXPECT_TRUE(morning.anything_new());
  EXPECT_THAT(morning.times.faster, IsEmpty());
  EXPECT_EQ(morning.times.looked_at, 3U);
}

TEST(Morning, SlowerNightAfterNightIsToldOnceThatIsSure) {
  const std::vector<double> usual = {10.0, 10.3, 9.8, 10.1, 9.9,  10.2, 10.4, 9.7,  10.0, 10.1,
                                     9.9,  10.2, 9.8, 10.0, 10.3, 10.1, 9.9,  10.0, 10.2, 9.8};
  std::vector<double> seconds = usual;
  int told = 0, nights_until_new = 0;
  for (int night = 1; night <= 6; ++night) {
    seconds.push_back(13 + 0.1 * night);
    const MorningTimes times = Nights().took("A.B", seconds).morning().times;
    told += times.slower.empty() ? 0 : 1;
    if (!times.slower.empty() && times.slower[0].is_new && nights_until_new == 0) {
      nights_until_new = night;
      EXPECT_EQ(times.slower[0].runs.at(times.slower[0].since).id, "run20") << "since its first night";
    }
  }
  EXPECT_EQ(nights_until_new, 3) << "in one night nobody can tell";
  EXPECT_GE(told, 1);
}

TEST(Morning, WhatMovedByLittleOrWithEverythingElseIsNotNamed) {
  Nights little, host;
  for (int run = 0; run < 4; ++run)
    for (int i = 0; i < 6; ++i) {
      little.ending("A.B", run, 'p', 10 + 0.01 * i + (run == 3 ? 0.9 : 0));
      for (int name = 0; name < 8; ++name)
        host.ending(fmt::format("A.B{}", name), run, 'p',
                    (10 + 0.01 * i) * (run == 3 ? 1.5 : 1) * (name == 7 && run == 3 ? 1.5 : 1));
    }
  EXPECT_THAT(little.morning().times.slower, IsEmpty()) << "9 %";
  const MorningTimes times = host.morning().times;
  EXPECT_TRUE(times.overall.shift.differs());
  ASSERT_THAT(times.slower, SizeIs(1)) << "the host was slow, and one case more than that";
  EXPECT_EQ(times.slower[0].key.name, "A.B7");
}

TEST(Morning, ABusyHostIsNotNamedWhereFewCasesRan) {
  // As it was met: whole cases in a night in which two cores had sixteen things to do.
  const std::vector<std::pair<double, double>> usual_and_busy = {
      {3.98, 15.3}, {24.5, 46.0}, {3.85, 13.6}, {7.15, 27.3}, {8.06, 21.9}};
  Nights nights;
  for (size_t name = 0; name < usual_and_busy.size(); ++name)
    for (int run = 0; run < 4; ++run)
      for (int i = 0; i < 5; ++i) {
        const auto [usual, busy] = usual_and_busy[name];
        nights.ending(fmt::format("A.B{}", name), run, 'p', (run == 3 ? busy : usual) * (1 + 0.01 * i));
      }
  EXPECT_THAT(nights.morning().times.slower, IsEmpty());
  for (int i = 0; i < 5; ++i) nights.ending("A.Worse", 3, 'p', 60 + i);
  for (int run = 0; run < 3; ++run)
    for (int i = 0; i < 5; ++i) nights.ending("A.Worse", run, 'p', 8 + 0.1 * i);
  ASSERT_THAT(nights.morning().times.slower, SizeIs(1));
  EXPECT_EQ(nights.morning().times.slower[0].key.name, "A.Worse");
}

TEST(Morning, AnotherAcceleratorOrAFailureTellsNothingOfTimes) {
  Nights nights;
  for (int run = 0; run < 4; ++run)
    for (int i = 0; i < 6; ++i) {
      nights.ending("A.Kvm", run, 'p', run == 3 ? 20 : 10).accel = run == 3 ? "kvm" : "tcg";
      nights.ending("A.Failed", run, run == 3 && i < 5 ? 'F' : 'p', run == 3 && i < 5 ? 60 : 10 + 0.1 * i);
    }
  EXPECT_THAT(nights.morning().times.slower, IsEmpty());
}

}  // namespace
}  // namespace o2lab
