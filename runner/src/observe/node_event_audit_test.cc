// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/node_event_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Timeline {
 public:
  Timeline& power_on(int node) { return add(node, "lab", "power_on", {}); }
  Timeline& gone(int node) { return add(node, "lab", "gone", {}); }
  Timeline& hears(int observer, int node, const char* what, const char* region = "") {
    return add(observer, "trace", "o2hb_node_event",
               {{"class", *region == '\0' ? "global" : "region"},
                {"event", what},
                {"node", std::to_string(node)},
                {"region", region}});
  }
  Timeline& loses(int node, const char* text) { return add(node, "trace", "line", {{"text", text}}); }
  /// Nodes 1 to 3, each of which has all three up.
  Timeline& all_up() {
    for (const int node : {1, 2, 3}) power_on(node);
    for (const int observer : {1, 2, 3})
      for (const int node : {1, 2, 3}) hears(observer, node, "up");
    return *this;
  }
  const std::vector<Event>& events() const { return events_; }

 private:
  Timeline& add(int node, const char* source, const char* kind, nlohmann::json fields) {
    events_.push_back(
        Event{TimePoint(std::chrono::seconds(events_.size())), node, source, kind, std::move(fields)});
    return *this;
  }
  std::vector<Event> events_;
};

TEST(NodeEventAudit, UpAndDownByTurnsIsRight) {
  Timeline timeline;
  timeline.all_up().hears(1, 3, "up", "A").hears(1, 3, "down", "A").hears(1, 3, "down").hears(1, 3, "up");
  const AuditResult result = audit_node_events(timeline.events());
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.looked_at, "13 node events");
}

TEST(NodeEventAudit, TwiceTheSameIsWrongInItsRegionOnly) {
  Timeline timeline;
  timeline.power_on(1).hears(1, 2, "up").hears(1, 2, "up", "A").hears(1, 2, "up", "B").hears(1, 2, "up", "A");
  EXPECT_THAT(audit_node_events(timeline.events()).findings,
              ElementsAre("node1 heard that node2 is up in region A, which it was already"));
}

TEST(NodeEventAudit, DownFirstIsWrong) {
  Timeline timeline;
  timeline.power_on(1).hears(1, 2, "down");
  EXPECT_THAT(audit_node_events(timeline.events()).findings,
              ElementsAre("node1 heard that node2 is down, which it was not up before"));
  EXPECT_THAT(audit_node_events(timeline.events()).wrong_since, ElementsAre(timeline.events().back().at));
}

TEST(NodeEventAudit, NodeThatBootsAnewHasHeardNothing) {
  Timeline timeline;
  timeline.all_up().gone(1).power_on(1).hears(1, 2, "up");
  EXPECT_THAT(audit_node_events(timeline.events()).findings, IsEmpty());
}

TEST(NodeEventAudit, NothingToLookAtIsSkipped) {
  EXPECT_EQ(audit_node_events({}).outcome, AuditResult::Outcome::skip);
}

TEST(NodeEventAudit, LostEventsAreToldAndTheirNodeIsNotJudged) {
  Timeline timeline;
  timeline.power_on(1).power_on(2).hears(1, 2, "up").loses(1, "CPU:0 [LOST 12 EVENTS]").hears(1, 2, "up");
  timeline.loses(1, "CPU:0 [LOST EVENTS]").hears(2, 1, "up");
  for (const Event& event : timeline.events()) EXPECT_TRUE(tells_of_members(event));
  AuditResult result = audit_node_events(timeline.events());
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.outcome, AuditResult::Outcome::skip);
  EXPECT_EQ(result.looked_at, "1 node events; node1 is not judged, its trace lost 13 events");
  result = audit_node_events(timeline.hears(2, 1, "up").events());
  EXPECT_THAT(result.findings, ElementsAre(HasSubstr("node2 heard that node1 is up")));
}

TEST(UnheardDeaths, OneThatLostEventsMayHaveHeard) {
  Timeline timeline;
  timeline.all_up().gone(3).hears(2, 3, "down").loses(1, "CPU:0 [LOST 3 EVENTS]");
  EXPECT_THAT(unheard_deaths(timeline.events()), IsEmpty());
}

TEST(UnheardDeaths, OneThatNobodyKnowsOfYetIsNotCounted) {
  Timeline timeline;
  EXPECT_THAT(unheard_deaths(timeline.all_up().gone(3).events()), IsEmpty());
}

TEST(UnheardDeaths, SurvivorThatIsNotToldIsNamed) {
  Timeline timeline;
  timeline.all_up().gone(3).hears(2, 3, "down");
  EXPECT_THAT(unheard_deaths(timeline.events()),
              ElementsAre(HasSubstr("node1 has not heard that node3 is down")));
  timeline.hears(1, 3, "down");
  EXPECT_THAT(unheard_deaths(timeline.events()), IsEmpty());
}

TEST(UnheardDeaths, OneThatNeverHadItUpNeedNotKnow) {
  Timeline timeline;
  timeline.power_on(1).power_on(2).power_on(3).hears(2, 3, "up").gone(3).hears(2, 3, "down");
  EXPECT_THAT(unheard_deaths(timeline.events()), IsEmpty());
}

TEST(UnheardDeaths, NodeThatIsBackIsNotDead) {
  Timeline timeline;
  timeline.all_up().gone(3).hears(2, 3, "down").power_on(3).hears(2, 3, "up");
  EXPECT_THAT(unheard_deaths(timeline.events()), IsEmpty());
}

}  // namespace
}  // namespace o2lab
