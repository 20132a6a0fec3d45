// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/case_events.h"
#include "report/example_run.h"
#include "report/svg.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

std::vector<Event> events_of(size_t number) {
  return split_events(example_run(), example_events())[number].events;
}

TEST(Story, FirstWrongIsTheEarliestThatAMessageComplainsOf) {
  const CaseResult fence = example_run().cases[2];
  const auto wrong = first_wrong(fence, events_of(2));
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->text, "node1: WARNING: inconsistent lock state");
  EXPECT_EQ(wrong->at, fence.kernel_reports[0].at);
}

TEST(Story, ExpectedReportsAreNotWrong) {
  CaseResult fence = example_run().cases[2];
  fence.messages = {{"node2: no fence seen (while: waiting for node2 to fence)", "", 0}};
  std::vector<Event> events = events_of(2);
  events.push_back(Event{fence.started + 3s, 0, "case", "step", {{"text", "waiting for node2 to fence"}}});
  const auto wrong = first_wrong(fence, events);
  ASSERT_TRUE(wrong);
  EXPECT_THAT(wrong->text, HasSubstr("no fence seen"));
  EXPECT_EQ(wrong->at, fence.started + 3s) << "the step in which it was noticed";
}

TEST(Story, DeathOutOfPlaceIsNamed) {
  CaseResult c = example_run().cases[2];
  c.kernel_reports.clear();
  c.messages = {{"node 3 died unexpectedly, by quorum: ocfs2 fences this node by restarting", "", 0}};
  const auto wrong =
      first_wrong(c, {Event{c.started + 9s, 3, "judge", "death", {{"cause", "quorum"}}},
                      Event{c.started + 5s, 2, "judge", "death", {{"cause", "disk_timeout"}}}});
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->at, c.started + 9s);
  EXPECT_EQ(wrong->text, "node3 dies: quorum");
  const auto why = first_wrong(
      c, {Event{c.started + 8s, 3, "console", "quorum_decision", {{"title", "fencing this node because x"}}},
          Event{c.started + 9s, 3, "judge", "death", {{"cause", "quorum"}}}});
  EXPECT_EQ(why->text, "node3 quorum: fencing this node because x");
}

TEST(Story, DeathThatNeverCameIsNamed) {
  CaseResult c = example_run().cases[2];
  c.kernel_reports.clear();
  c.messages = {{"waited 23.43 s for the end of node2 by disk_timeout; last seen: it still runs", "", 0}};
  const auto wrong = first_wrong(
      c, {Event{c.started + 2s,
                2,
                "judge",
                "expected_death",
                {{"cause", "disk_timeout"}, {"from_ns", 4'000'000'000}, {"to_ns", 6'500'000'000}}}});
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->at, c.started + 8500ms);
  EXPECT_EQ(wrong->text, "node2 was to die by disk_timeout until now, and lives");
}

TEST(Story, DeathThatCameInTimeIsNotMissed) {
  CaseResult c = example_run().cases[2];
  c.kernel_reports.clear();
  const std::vector<Event> events = {
      Event{c.started + 2s,
            2,
            "judge",
            "expected_death",
            {{"cause", "disk_timeout"}, {"from_ns", 0}, {"to_ns", 6'500'000'000}}},
      Event{c.started + 8s, 2, "judge", "death", {{"cause", "disk_timeout"}}}};
  EXPECT_EQ(first_wrong(c, events)->at, c.ended) << "only the message is left";
}

TEST(Story, WithoutAStepItIsWhereTheCaseWasGivenUp) {
  CaseResult c = example_run().cases[2];
  c.kernel_reports.clear();
  c.messages = {{"node1: `x`: exit 3", "", 0}};
  const std::vector<Event> events = {
      Event{c.started + 5s, 3, "fault", "power_cut"}, Event{c.started + 5s, 3, "lab", "power_off"},
      Event{c.started + 9s, 1, "lab", "power_off"}, Event{c.started + 10s, 2, "lab", "power_off"}};
  EXPECT_EQ(first_wrong(c, events)->at, c.started + 9s);
}

TEST(Story, WhatAnAuditFoundIsNamed) {
  CaseResult c = example_run().cases[2];
  c.kernel_reports.clear();
  c.messages = {{"no_write_after_fence: node 2 wrote 4096 bytes 3.2 s after it", "", 0}};
  const Event audit{
      c.started + 7s,
      0,
      "judge",
      "audit",
      {{"name", "no_write_after_fence"}, {"findings", {"node 2 wrote 4096 bytes 3.2 s after it"}}}};
  EXPECT_EQ(first_wrong(c, {audit})->text, "audit: node 2 wrote 4096 bytes 3.2 s after it");
  EXPECT_EQ(mark_of(audit), Mark::bad);
  EXPECT_EQ(mark_of(Event{{}, 0, "judge", "audit", {{"findings", nlohmann::json::array()}}}), Mark::hidden);
}

TEST(Story, AnAuditIsWrongSinceWhatItFoundAndNotSinceItsEnd) {
  CaseResult c = example_run().cases[2];
  c.kernel_reports.clear();
  c.messages = {{"audit views: waited 70 s for the views to agree", "", 0},
                {"audit writes: a late one", "", 0}};
  c.audits = {{"views", AuditResult::Outcome::fail, "", {"waited 70 s for the views to agree"}, 7s}};
  Event views{
      c.started + 20s, 0, "judge", "audit", {{"name", "views"}, {"findings", {c.audits[0].findings[0]}}}};
  EXPECT_EQ(first_wrong(c, {views})->at, c.started + 13s) << "its begin";
  const Event writes{
      c.started + 24s,
      0,
      "judge",
      "audit",
      {{"name", "writes"}, {"findings", {"fine", "a late one"}}, {"wrong_for_ns", {0, 15'000'000'000}}}};
  const auto wrong = first_wrong(c, {views, writes});
  EXPECT_EQ(wrong->at, c.started + 9s) << "the write's time";
  EXPECT_EQ(wrong->text, "audit: a late one");
}

TEST(Story, WhoIsCalledDeadAndLivesIsNamedBeforeWhatItDoes) {
  CaseResult c = example_run().cases[2];
  c.kernel_reports.clear();
  c.messages = {{"audit x: node2 wrote to shared0 after node3 had begun to recover it: 124 writes", "", 0}};
  const auto down = [&](Duration at, const char* who) {
    return Event{c.started + at,
                 3,
                 "trace",
                 "o2hb_node_event",
                 {{"class", "global"}, {"event", "down"}, {"node", who}}};
  };
  std::vector<Event> events = {Event{c.started, 1, "lab", "power_on"}, Event{c.started, 2, "lab", "power_on"},
                               down(4s, "1"), down(5s, "2")};
  const auto wrong = first_wrong(c, events);
  EXPECT_EQ(wrong->at, c.started + 5s);
  EXPECT_EQ(wrong->text, "node3 calls node2 down, which lives");
  events.insert(events.begin() + 2, Event{c.started + 1s, 2, "lab", "gone"});
  EXPECT_EQ(first_wrong(c, events)->at, c.ended) << "dead it is called so rightly";
}

TEST(Story, PassedCaseHasNothingWrong) {
  EXPECT_FALSE(first_wrong(example_run().cases[0], events_of(0)));
}

TEST(Story, DoneAndExpected) {
  const CaseResult fence = example_run().cases[2];
  const auto done = what_was_done(events_of(2));
  ASSERT_GE(done.size(), 2U);
  EXPECT_EQ(done[0].text, "mounted everywhere");
  EXPECT_EQ(done[1].text, "node2: pause disk");
  const auto expected = what_was_expected(
      fence, {Event{fence.started + 2s,
                    2,
                    "judge",
                    "expected_death",
                    {{"cause", "disk_timeout"}, {"from_ns", 4'000'000'000}, {"to_ns", 6'500'000'000}}}});
  EXPECT_EQ(expected[0], "node2 dies by disk_timeout between +6.0 s and +8.5 s");
  EXPECT_EQ(expected[1], "node2: disk path hung to reset: 4.00 s to 6.65 s");
  EXPECT_THAT(expected.back(), HasSubstr("no other node dies"));
}

TEST(Story, LinksCutTogetherAreOneLine) {
  const CaseResult c = example_run().cases[2];
  std::vector<Event> events;
  for (const int to : {2, 3, 4})
    events.push_back(
        Event{c.started + 1s, 1, "switch", "link_policy", {{"from", 1}, {"to", to}, {"drop", true}}});
  const auto done = what_was_done(events);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].text, "drops 1 to 2, 1 to 3, 1 to 4");
}

TEST(Vocabulary, TableThenWords) {
  const Event up{{}, 1, "trace", "o2hb_node_event", {{"class", "global"}, {"event", "up"}, {"node", "3"}}};
  EXPECT_EQ(label_of(up), "node 3 is up");
  EXPECT_EQ(mark_of(up), Mark::good);
  const Event region{{}, 1, "trace", "o2hb_node_event", {{"class", "region"}, {"event", "up"}}};
  EXPECT_EQ(mark_of(region), Mark::hidden);
  const Event stays{
      {}, 1, "console", "quorum_decision", {{"title", "not fencing this node, heartbeating: 4"}}};
  EXPECT_EQ(mark_of(stays), Mark::info);
  const Event decided{
      {},
      1,
      "trace",
      "o2quo_decision",
      {{"verdict", "stay"}, {"connected", "3"}, {"heartbeating", "4"}, {"reason", "majority"}}};
  EXPECT_EQ(label_of(decided), "quorum: stays, 3 of 4 connected (majority)");
  EXPECT_EQ(mark_of(decided), Mark::info);
  const Event goes{{}, 1, "console", "quorum_decision", {{"title", "fencing this node because"}}};
  EXPECT_EQ(mark_of(goes), Mark::bad);
  EXPECT_EQ(label_of(Event{{}, 2, "fault", "clock_step", {{"seconds", 3600}}}), "clock stepped by +3600 s");
  EXPECT_EQ(label_of(Event{{}, 2, "fault", "clock_step", {{"seconds", -90}}}), "clock stepped by -90 s");
  const Event new_fault{{}, 2, "fault", "gamma_ray", {{"state", "on"}}};
  EXPECT_EQ(mark_of(new_fault), Mark::fault);
  EXPECT_EQ(label_of(new_fault), "gamma ray: on");
}

}  // namespace
}  // namespace o2lab
