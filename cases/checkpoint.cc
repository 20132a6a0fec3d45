// SPDX-License-Identifier: GPL-2.0-or-later
// What a cluster that goes on from a checkpoint must not differ in from one that has just come up.
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

/// The line by which `node` has last said that it is ready.
std::string ready_line(Lab& lab, const Node& node) {
  const std::vector<Event> said = lab.events().since(0, [&](const Event& event) {
    return event.node == node.number() && event.source == "console" && event.kind == "line" &&
           event.fields.value("text", "").find("o2lab: ready node=") != std::string::npos;
  });
  return said.empty() ? "" : said.back().fields.value("text", "");
}

LAB_CASE(
    Checkpoint, NodesHaveTheTimeOfTheRun,
    Guards(
        "nodes that go on from a checkpoint know what time it is, so that their files and logs do not lie")) {
  for (Node* node : lab.nodes()) {
    const int64_t before = wall_offset_ns() + to_ns(Clock::now());
    const std::string told = node->sh("date +%s%N");
    const int64_t after = wall_offset_ns() + to_ns(Clock::now());
    // A guest's clock runs by its own counter from then on; half a second is far less than a checkpoint's
    // age.
    constexpr int64_t kSlack = 500'000'000;
    EXPECT_GE(std::stoll(told), before - kSlack) << node->name();
    EXPECT_LE(std::stoll(told), after + kSlack) << node->name();
  }
}

LAB_CASE(
    Checkpoint, NobodyNoticesThatTimeStoodStill, FromPart("00"),
    Guards("nodes that go on from a checkpoint keep their connections, their view of each other and their "
           "locks, as if nothing had been")) {
  // Longer than a beat, than keepalive and reconnect, than idle: whoever had missed something would say so.
  lab.let_pass("whatever was lost at the checkpoint to be missed",
               lab.topology().idle_timeout + 2 * Topology::heartbeat_period);
  // From the first moment on: who was away for too long is back by the time the case begins. Nodes that have
  // booted make their connections then. What is marked restored was before the checkpoint.
  const std::vector<Event> begun = lab.events().since(0, [](const Event& event) {
    return (event.source == "case" && (event.kind == "started" || event.kind == "body")) ||
           (event.source == "lab" && event.kind == "restored");
  });
  const bool restored = begun.size() >= 3 && begun[begun.size() - 2].kind == "restored";
  const Event& from = restored ? begun[begun.size() - 3] : begun.back();
  const std::vector<Event> changes = lab.events().since(0, [&](const Event& event) {
    const std::string what = event.fields.value("event", "");
    return event.at >= from.at && event.source == "trace" && what != "up" && what != "connecting" &&
           !event.fields.value("restored", false) &&
           (event.kind == "o2net_connection" || event.kind == "o2hb_node_event");
  });
  for (const Event& event : changes)
    ADD_FAILURE() << "node" << event.node << ": " << event.kind << " " << event.fields.dump();
  const NodeSet all = lab.numbers_of(lab.nodes());
  for (Node* node : lab.nodes()) {
    EXPECT_EQ(lab.o2cb().live_nodes(*node), all) << node->name();
    EXPECT_EQ(lab.o2cb().domain_nodes(*node), all) << node->name();
    node->sh("echo from " + node->name() + " > /mnt/" + node->name());
  }
  for (Node* node : lab.nodes())
    for (const Node* other : lab.nodes())
      EXPECT_EQ(node->sh("cat /mnt/" + other->name()), "from " + other->name() + "\n") << node->name();
}

LAB_CASE(Checkpoint, NodesBootWhereACaseAsksForIt, Nodes(1), Until(Ready::booted), FreshNodes(),
         Guards("a case about the boot has nodes that have booted")) {
  EXPECT_NE(ready_line(lab, lab.node(1)).find("boot="), std::string::npos) << ready_line(lab, lab.node(1));
}

}  // namespace
}  // namespace o2lab
