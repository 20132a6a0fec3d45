// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/fence_order_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TimePoint at(double seconds) {
  return from_ns(1'000'000'000'000 + static_cast<int64_t>(seconds * 1e9));
}

/// A timeline on the host's clock, by which every guest is known to a millisecond.
class Timeline {
 public:
  Timeline() {
    for (const int node : {1, 2, 3}) on(node, node * 0.1);
  }
  Timeline& on(int node, double t) { return add(t, node, "lab", "power_on", {}); }
  Timeline& gone(int node, double t) { return add(t, node, "lab", "gone", {}); }
  Timeline& switched(int node, const char* action, const char* answer, double t) {
    return add(t, node, "power", "done", {{"action", action}, {"answer", answer}, {"by", 1}});
  }
  Timeline& down(int observer, int node, double t) { return hears(observer, node, "down", t); }
  Timeline& up(int observer, int node, double t) { return hears(observer, node, "up", t); }
  Timeline& replay(int survivor, int dead, double t) { return says_replay("Begin", survivor, dead, t); }
  Timeline& replayed(int survivor, int dead, double t) { return says_replay("End", survivor, dead, t); }
  Timeline& clockless() {
    for (Event& event : events) event.fields.erase("error_ns");
    return *this;
  }
  /// A message on sbd's disk that its sender may count on at `t`.
  Timeline& pill_counts(int node, double t, bool kills = true) {
    return add(t, node, "sbd", "counts", {{"kills", kills}});
  }
  std::vector<std::string> findings() const { return audit_fence_order(events).findings; }
  std::vector<Event> events;

 private:
  Timeline& says_replay(const char* what, int survivor, int dead, double t) {
    return add(
        t, survivor, "console", "line",
        {{"text", fmt::format("ocfs2: {} replay journal (node {}, slot 1) on device (8,0)", what, dead)}});
  }
  Timeline& hears(int observer, int node, const char* what, double t) {
    return add(
        t, observer, "trace", "o2hb_node_event",
        {{"class", "global"}, {"event", what}, {"node", std::to_string(node)}, {"error_ns", 1'000'000}});
  }
  Timeline& add(double t, int node, const char* source, const char* kind, nlohmann::json fields) {
    if (fields.is_null()) fields = nlohmann::json::object();
    events.push_back({at(t), node, source, kind, std::move(fields), 0});
    return *this;
  }
};

TEST(FenceOrderAudit, FenceThenDownThenReplayIsRight) {
  Timeline timeline;
  timeline.gone(3, 10).switched(3, "off", "ok", 12).down(1, 3, 12.01).down(2, 3, 13).replay(1, 3, 14);
  EXPECT_THAT(timeline.findings(), IsEmpty());
  EXPECT_EQ(audit_fence_order(timeline.events).looked_at, "1 deaths, called so 2 times");
}

TEST(FenceOrderAudit, DeadByItselfIsNotFenced) {
  Timeline timeline;
  timeline.gone(3, 10).down(1, 3, 12).replay(1, 3, 14);
  EXPECT_THAT(timeline.findings(), ElementsAre("node1 called node3 dead and nobody had confirmed its fence"));
}

TEST(FenceOrderAudit, WhoeverIsTooEarlyIsNamed) {
  Timeline timeline;
  timeline.gone(3, 10).down(2, 3, 11.5).switched(3, "off", "ok", 12).down(1, 3, 13).replay(1, 3, 14);
  EXPECT_THAT(timeline.findings(),
              ElementsAre("node2 called node3 dead 0.500 s before its fence was confirmed"));
}

TEST(FenceOrderAudit, FencingThatFailedConfirmsNothing) {
  Timeline timeline;
  timeline.switched(3, "off", "failed: the switch refuses", 10).switched(3, "on", "ok", 10.5);
  timeline.down(1, 3, 12).replay(1, 3, 14);
  EXPECT_THAT(timeline.findings(), ElementsAre(HasSubstr("nobody had confirmed")));
}

TEST(FenceOrderAudit, TheFenceOfAnEarlierIncarnationConfirmsNothing) {
  Timeline timeline;
  timeline.gone(3, 10).switched(3, "off", "ok", 11).down(1, 3, 12).replay(1, 3, 13);
  timeline.on(3, 20).up(1, 3, 21).gone(3, 30).down(1, 3, 31);
  EXPECT_THAT(timeline.findings(), IsEmpty()) << "the second death has no replay yet";
  Timeline again;
  again.gone(3, 10).switched(3, "off", "ok", 11).down(1, 3, 12).replay(1, 3, 13);
  again.replayed(1, 3, 13.5).on(3, 20).up(1, 3, 21).gone(3, 30).down(1, 3, 31).replay(1, 3, 32);
  EXPECT_THAT(again.findings(), ElementsAre(HasSubstr("nobody had confirmed")));
  again.switched(3, "reboot", "ok", 30.5);
  EXPECT_THAT(again.findings(), IsEmpty());
}

TEST(FenceOrderAudit, LeavingInOrderBeforeIsNoCallOfDeath) {
  Timeline timeline;
  timeline.down(1, 3, 5).up(1, 3, 6).gone(3, 10).switched(3, "off", "ok", 12).down(1, 3, 13).replay(1, 3, 14);
  EXPECT_THAT(timeline.findings(), IsEmpty());
}

TEST(FenceOrderAudit, ReplayWithoutACallOfDeathIsWrong) {
  Timeline timeline;
  timeline.gone(3, 10).switched(3, "off", "ok", 12).down(2, 3, 13).replay(1, 3, 14);
  EXPECT_THAT(timeline.findings(),
              ElementsAre("node1 replayed the journal of node3 and never called it dead"));
}

TEST(FenceOrderAudit, ACallOfDeathTooEarlyIsNotMadeGoodByALaterOne) {
  Timeline timeline;
  timeline.gone(3, 10).down(1, 3, 11).switched(3, "off", "ok", 12).down(1, 3, 13).replay(1, 3, 14);
  EXPECT_THAT(timeline.findings(),
              ElementsAre("node1 called node3 dead 1.000 s before its fence was confirmed"));
}

TEST(FenceOrderAudit, ReplayBeforeTheCallOfDeathIsWrong) {
  Timeline timeline;
  timeline.gone(3, 10).switched(3, "off", "ok", 11).down(2, 3, 12).replay(1, 3, 12.5).down(1, 3, 14);
  EXPECT_THAT(timeline.findings(),
              ElementsAre("node1 replayed the journal of node3 1.50 s before it called it dead"));
}

TEST(FenceOrderAudit, APoisonPillConfirmsOnceItsSenderMayCountOnIt) {
  Timeline timeline;
  timeline.gone(3, 11).pill_counts(3, 40).down(1, 3, 40.1).down(2, 3, 41).replay(1, 3, 42);
  EXPECT_THAT(timeline.findings(), IsEmpty());
  Timeline early;
  early.gone(3, 11).down(1, 3, 39).pill_counts(3, 40).replay(1, 3, 42);
  EXPECT_THAT(early.findings(),
              ElementsAre("node1 called node3 dead 1.000 s before its fence was confirmed"));
}

TEST(FenceOrderAudit, APillForAnotherAnEarlierLifeOrThatKillsNobodyConfirmsNothing) {
  Timeline timeline;
  timeline.gone(3, 11).pill_counts(2, 40).pill_counts(3, 40, false).down(1, 3, 50).replay(1, 3, 51);
  EXPECT_THAT(timeline.findings(), ElementsAre(HasSubstr("nobody had confirmed")));
  Timeline again;
  again.gone(3, 2).pill_counts(3, 31).down(1, 3, 40).replay(1, 3, 41).replayed(1, 3, 42);
  again.on(3, 60).up(1, 3, 61).gone(3, 70).down(1, 3, 80).replay(1, 3, 81);
  EXPECT_THAT(again.findings(), ElementsAre(HasSubstr("nobody had confirmed")));
}

TEST(FenceOrderAudit, WhatTheClockDoesNotTellIsNotProven) {
  Timeline close;
  close.gone(3, 10).switched(3, "off", "ok", 12).down(1, 3, 12.0005).replay(1, 3, 14);
  EXPECT_THAT(close.findings(), ElementsAre(HasSubstr("too vague to prove")));
  Timeline blind;
  blind.gone(3, 10).switched(3, "off", "ok", 12).down(1, 3, 13).replay(1, 3, 14).clockless();
  EXPECT_THAT(blind.findings(), ElementsAre(HasSubstr("clock does not tell")));
}

}  // namespace
}  // namespace o2lab
