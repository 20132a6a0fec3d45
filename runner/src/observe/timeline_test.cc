// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "console/guest_clock.h"

namespace o2lab {
namespace {

using testing::SizeIs;

TimePoint at(double seconds) {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

Event event(double t, int node, const char* source, const char* kind,
            nlohmann::json fields = nlohmann::json::object()) {
  return Event{at(t), node, source, kind, std::move(fields)};
}

std::vector<Span> of(Span::Kind kind, const std::vector<Event>& events) {
  std::vector<Span> out;
  for (const Span& s : spans_of(events, at(0), at(100)))
    if (s.kind == kind) out.push_back(s);
  return out;
}

TEST(Timeline, TraceEventsMoveToWhereTheyHappened) {
  const int64_t s = 1'000'000'000;
  const GuestClock first({{100 * s - 1000, 10 * s, 100 * s + 1000}});
  const GuestClock second({{150 * s - 1000, 20 * s, 150 * s + 1000}});
  std::vector<Event> events = {
      event(90, 1, "lab", "power_on"),
      event(101, 1, "case", "step"),
      event(102, 1, "trace", "o2hb_beat", {{"guest_s", 10.5}}),
      event(110, 1, "trace", "guest_clock", {{"clock", first}}),
      event(111, 1, "lab", "gone"),
      event(120, 1, "lab", "power_on"),
      event(151, 1, "trace", "o2hb_beat", {{"guest_s", 20.25}}),
      event(152, 2, "trace", "o2hb_beat", {{"guest_s", 20.25}}),
      event(160, 1, "trace", "guest_clock", {{"clock", second}}),
  };
  const std::vector<Event> out = on_host_clock(events);
  ASSERT_THAT(out, SizeIs(events.size()));
  EXPECT_NEAR(to_seconds(out[1].at.time_since_epoch()), 100.5, 1e-4);
  EXPECT_EQ(out[1].kind, "o2hb_beat") << "before the step that was logged before it";
  EXPECT_GT(out[1].fields["error_ns"], 0);
  EXPECT_NEAR(to_seconds(out[6].at.time_since_epoch()), 150.25, 1e-4);
  EXPECT_EQ(out[7].at, at(152)) << "no clock, no move";
  EXPECT_FALSE(out[7].fields.contains("error_ns"));
}

TEST(Timeline, FaultsBeginAndEnd) {
  const auto faults = of(Span::Kind::fault, {
                                                event(10, 2, "disk", "disk_hang", {{"disk", "shared0"}}),
                                                event(11, 2, "disk", "disk_hang", {{"disk", "shared1"}}),
                                                event(20, 2, "disk", "disk_released", {{"disk", "shared0"}}),
                                                event(30, 3, "fault", "node_paused"),
                                                event(31, 2, "fault", "node_resumed"),
                                                event(32, 3, "fault", "node_resumed"),
                                            });
  ASSERT_THAT(faults, SizeIs(3));
  EXPECT_EQ(faults[0].label, "disk hangs: shared0");
  EXPECT_EQ(faults[0].to, at(20));
  EXPECT_TRUE(faults[1].open) << "shared1 was never released";
  EXPECT_EQ(faults[1].to, at(100));
  EXPECT_EQ(faults[2].node, 3);
  EXPECT_EQ(faults[2].to, at(32)) << "node 2 going on is not the end of it";
}

TEST(Timeline, AClockStepLastsUntilItIsTakenBack) {
  const auto step = [](double t, int node, int seconds) {
    return event(t, node, "fault", "clock_step", {{"seconds", seconds}});
  };
  const auto faults = of(Span::Kind::fault, {step(10, 2, 3600), step(15, 3, -60), step(20, 2, -3600),
                                             event(25, 3, "lab", "gone"), step(30, 3, 5)});
  ASSERT_THAT(faults, SizeIs(3));
  EXPECT_EQ(faults[0].label, "clock is off by +3600 s");
  EXPECT_EQ(faults[0].to, at(20));
  EXPECT_EQ(faults[1].label, "clock is off by -60 s");
  EXPECT_EQ(faults[1].to, at(25)) << "with the node";
  EXPECT_EQ(faults[2].label, "clock is off by +5 s") << "after a boot from nothing on";
}

TEST(Timeline, LinksAreOneFaultWhereTheCaseTellsIt) {
  const nlohmann::json cut = {{"from", 1}, {"to", 2}, {"drop", true}};
  const nlohmann::json healed = {{"from", 1}, {"to", 2}, {"drop", false}};
  std::vector<Event> events = {event(10, 1, "switch", "link_policy", cut),
                               event(20, 1, "switch", "link_policy", healed)};
  auto faults = of(Span::Kind::fault, events);
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_EQ(faults[0].label, "drop 1->2");
  EXPECT_EQ(faults[0].to, at(20));
  events.insert(events.begin(), event(10, 0, "fault", "network_fault", {{"text", "drop: 1->2"}}));
  events.push_back(event(20, 0, "fault", "network_fault_over", {{"text", "drop: 1->2"}}));
  faults = of(Span::Kind::fault, events);
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_EQ(faults[0].label, "drop: 1->2");
}

TEST(Timeline, LinksCutTogetherAreOneFault) {
  std::vector<Event> events;
  for (const int to : {2, 3})
    for (const auto& [t, drop] : {std::pair{10.0, true}, std::pair{20.0, false}})
      events.push_back(
          event(t + to * 1e-3, 1, "switch", "link_policy", {{"from", 1}, {"to", to}, {"drop", drop}}));
  events.push_back(event(12, 1, "switch", "link_policy", {{"from", 1}, {"to", 4}, {"drop", true}}));
  const auto faults = of(Span::Kind::fault, events);
  ASSERT_THAT(faults, SizeIs(2));
  EXPECT_EQ(faults[0].label, "drop 1->2, 1->3");
  EXPECT_EQ(faults[1].label, "drop 1->4");
}

std::vector<Event> a_death() {
  const auto seen = [](double t, int node, const char* what, const char* peer) {
    return event(t, node, "trace", "o2hb_node_event", {{"class", "global"}, {"event", what}, {"node", peer}});
  };
  return {
      event(1, 1, "lab", "power_on"),
      event(1, 2, "lab", "power_on"),
      event(1, 3, "lab", "power_on"),
      seen(5, 1, "up", "2"),
      seen(5, 1, "up", "1"),
      seen(5, 3, "up", "2"),
      event(20, 2, "disk", "disk_hang", {{"disk", "shared0"}}),
      event(20.5, 2, "judge", "expected_death", {{"cause", "disk_timeout"}, {"from_ns", 0}, {"to_ns", 0}}),
      event(26, 2, "lab", "gone"),
      event(26, 2, "judge", "death", {{"cause", "disk_timeout"}}),
      seen(33, 3, "down", "2"),
      seen(34, 1, "down", "2"),
      event(35, 1, "console", "line", {{"text", "ocfs2: Begin replay journal (node 2, slot 1)"}}),
      event(36, 1, "console", "line", {{"text", "ocfs2: End replay journal (node 2, slot 1)"}}),
      event(50, 1, "lab", "power_off"),
      event(50, 1, "lab", "gone"),
      event(50, 1, "judge", "death", {{"cause", "host_power"}})};
}

TEST(Timeline, WhoSeesWhomEndsWithTheNode) {
  const auto members = of(Span::Kind::member, a_death());
  ASSERT_THAT(members, SizeIs(2)) << "a node that sees itself is no news";
  EXPECT_EQ(members[0].to, at(34));
  EXPECT_EQ(members[1].to, at(33));
  const auto alive = of(Span::Kind::alive, a_death());
  ASSERT_THAT(alive, SizeIs(3));
  EXPECT_EQ(alive[1].to, at(26));
  ASSERT_THAT(of(Span::Kind::recovery, a_death()), SizeIs(1));
}

TEST(Timeline, TimesOfADeath) {
  const auto deaths = deaths_of(a_death(), at(0), at(100));
  ASSERT_THAT(deaths, SizeIs(1)) << "the power-off at the end is not one";
  EXPECT_EQ(deaths[0].node, 2);
  EXPECT_EQ(deaths[0].since_fault, 5500ms);
  EXPECT_EQ(deaths[0].detected, 7s);
  EXPECT_EQ(deaths[0].recovered, 10s);
}

TEST(Timeline, OnlyAFenceIsTimedAndOnlyFromItsOwnFault) {
  const auto expected = [](double t, int node, const char* cause, const char* nodes = "") {
    return event(t, node, "judge", "expected_death", {{"cause", cause}, {"nodes", nodes}});
  };
  const std::vector<Event> events = {
      event(8, 1, "fault", "node_paused"),
      event(9, 1, "fault", "node_resumed"),
      expected(10, 1, "panic"),
      event(10, 1, "fault", "sysrq_crash"),
      event(10.67, 1, "judge", "death", {{"cause", "panic"}}),
      expected(20, 0, "quorum", "2 13"),
      expected(21, 0, "quorum", "1 4"),
      event(35, 2, "judge", "death", {{"cause", "quorum"}}),
      event(40, 4, "judge", "death", {{"cause", "disk_timeout"}}),
      event(60, 2, "judge", "death", {{"cause", "quorum"}}),
  };
  const auto deaths = deaths_of(events, at(0), at(100));
  ASSERT_THAT(deaths, SizeIs(4));
  EXPECT_FALSE(deaths[3].since_fault) << "what was expected has come";
  EXPECT_FALSE(deaths[0].since_fault) << "a crash is no fence";
  EXPECT_EQ(deaths[1].since_fault, 15s) << "the cut that node 2 may die of";
  EXPECT_FALSE(deaths[2].since_fault) << "nobody knows of what";
}

TEST(Timeline, OnlyWhoSawTheNodeAndLivesOnDetectsItsDeath) {
  const std::vector<Event> events = {
      event(1, 1, "lab", "power_on"),
      event(2, 3, "lab", "power_on"),
      event(5, 1, "trace", "o2hb_node_event", {{"class", "global"}, {"node", "3"}, {"event", "up"}}),
      event(10, 3, "judge", "death", {{"cause", "quorum"}}),
      event(11, 1, "lab", "gone"),
      event(20, 1, "lab", "power_on"),
      event(21, 1, "trace", "o2hb_node_event", {{"class", "global"}, {"node", "3"}, {"event", "up"}}),
      event(40, 1, "trace", "o2hb_node_event", {{"class", "global"}, {"node", "3"}, {"event", "down"}}),
  };
  const auto deaths = deaths_of(events, at(0), at(100));
  ASSERT_THAT(deaths, SizeIs(1));
  EXPECT_FALSE(deaths[0].detected);
}

TEST(Timeline, RecoveryOfAnotherNodeIsNoneOfThisOne) {
  std::vector<Event> events = a_death();
  events.push_back(
      event(40, 1, "console", "line", {{"text", "ocfs2: Begin replay journal (node 3, slot 2)"}}));
  events.push_back(event(44, 1, "console", "line", {{"text", "ocfs2: End replay journal (node 3, slot 2)"}}));
  EXPECT_EQ(deaths_of(events, at(0), at(100)).at(0).recovered, 10s);
}

}  // namespace
}  // namespace o2lab
