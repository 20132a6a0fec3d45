// SPDX-License-Identifier: GPL-2.0-or-later
// Disk heartbeat: who sees whom, how soon a death is noticed, what is on the disk.
#include <gtest/gtest.h>

#include "disk_case.h"

namespace o2lab {
namespace {

LAB_CASE(Heartbeat, EveryNodeSeesEveryOther, Until(Ready::o2cb), FromPart("00"),
         Guards("heartbeat started on several nodes at once makes all of them live on all of them")) {
  const auto nodes = lab.nodes();
  const size_t before = lab.events().position();
  on_each(nodes, [&](Node& node) { lab.o2cb().start_heartbeat(node); });
  lab.o2cb().wait_live(nodes, lab.numbers_of(nodes), Deadline::in(lab.topology().dead_latest() + 20s));
  // By the kernels' own events: how long the tools take to start a thread is not heartbeat's. The last to
  // begin decides.
  TimePoint begun = TimePoint::min();
  for (const Node* node : nodes)
    begun = std::max(begun, lab.wait_event(node->name() + "'s first beat", before, 1s,
                                           [&](const Event& event) {
                                             return event.kind == "o2hb_beat" && event.node == node->number();
                                           })
                                .at);
  TimePoint seen = begun;
  for (const Node* observer : nodes)
    for (const Node* node : nodes)
      seen = std::max(seen, lab.wait_node_event(observer->number(), node->number(), "up", before, 1s).at);
  // A slot counts as live after live_threshold changes; the thread settles one beat before and one after
  // that.
  const Duration latest = (Topology::live_threshold + 2) * Topology::heartbeat_period + 3s;
  lab.interval("last node's first beat to all see all", seen - begun,
               between(Topology::heartbeat_period - 500ms, latest));
  lab.o2cb().wait_connected(nodes, lab.numbers_of(nodes), Deadline::in(lab.topology().idle_timeout + 10s));
}

LAB_CASE(Heartbeat, KilledNodeIsDeclaredDownInTime, FromPart("00"),
         Guards("survivors declare a dead node down neither before its dead time nor long after it")) {
  const HeartbeatRegion region = lab.heartbeat_region();
  const size_t before = lab.events().position();
  const TimePoint killed = lab.kill(lab.node(3));
  const auto last_write = lab.last_heartbeat_write(lab.node(3), region, killed + 1s);
  ASSERT_TRUE(last_write) << "no heartbeat write of node 3 in its disk log";
  for (const int survivor : {1, 2}) {
    const Event down = lab.wait_node_event(survivor, 3, "down", before, lab.topology().dead_latest() + 10s);
    // Counted from its last write; the kernel's own bounds plus a second for two busy host cores.
    lab.interval(fmt::format("node{}: last heartbeat write of node3 to its down event", survivor),
                 down.at - *last_write,
                 between(lab.topology().dead_earliest(), lab.topology().dead_latest() + 1s));
  }
}

LAB_CASE(Heartbeat, RegionOnDiskNamesTheMountedNodes,
         Guards("the heartbeat region as any host reads it names exactly the nodes that are mounted")) {
  const HeartbeatRegion region = lab.heartbeat_region();
  const auto beating = [&] {
    NodeSet out;
    for (const HeartbeatBlock& block : lab.read_heartbeat(region))
      if (block.generation != 0) out.insert(block.slot);
    return out;
  };
  EXPECT_EQ(beating(), (NodeSet{1, 2, 3}));
  const auto dead_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(lab.topology().dead_time()).count();
  for (const HeartbeatBlock& block : lab.read_heartbeat(region)) {
    if (block.generation == 0) continue;
    EXPECT_EQ(block.node, block.slot);
    EXPECT_EQ(block.dead_ms, dead_ms) << "slot " << block.slot;
  }
  lab.step("unmount on node 2");
  lab.o2cb().umount(lab.node(2));
  lab.wait_until("the region to name nodes 1 3", 2 * Topology::heartbeat_period + 2s, [&] {
    const NodeSet now = beating();
    return Seen{now == NodeSet{1, 3}, text_of(now)};
  });
}

LAB_CASE(Heartbeat, DiskSlowedToJustUnderTheLimitKillsNobody, Nightly(),
         Guards("a node whose heartbeat writes hang for less than the write timeout is left alone, by itself "
                "and by the others")) {
  lab.wait_heartbeat_write(lab.node(2));
  const size_t before = lab.events().position();
  // The timer runs from the last good write, up to one beat before the hang begins, so a beat is left as
  // margin.
  const Duration hang = lab.topology().write_timeout() - Topology::heartbeat_period + 500ms;
  for (int round = 1; round <= 3; ++round) {
    const TimePoint since = Clock::now();
    {
      const Undo hung = lab.hang_disk(lab.node(2));
      lab.let_pass(fmt::format("hang {} of 3 on node 2", round), hang);
    }
    lab.wait_heartbeat_write(lab.node(2));
    EXPECT_GE(longest_gap(lab, lab.node(2), since), hang) << "hang " << round << " held no heartbeat";
  }
  lab.let_pass("time for a late verdict", lab.topology().dead_latest());
  nobody_misses_anybody(lab, before);
  for (Node* node : lab.nodes()) EXPECT_EQ(lab.o2cb().live_nodes(*node), (NodeSet{1, 2, 3})) << node->name();
}

LAB_CASE(Heartbeat, NodeWithAnotherDeadThresholdIsRefused, Until(Ready::booted),
         Guards("a node whose dead time differs is refused by the handshake and the log says why")) {
  lab.o2cb().configure(lab.nodes({1, 2}));
  lab.o2cb().configure_with_threshold(lab.node(3), lab.topology().dead_threshold + 2);
  lab.o2cb().format(lab.node(1));
  const size_t before = lab.events().position();
  // Above 2 and 3 the higher number connects to the lower and both compare; either may be the first to say
  // so.
  on_each(lab.nodes(), [&](Node& node) { lab.o2cb().start_heartbeat(node); });
  lab.wait_event("a refusal that names the heartbeat timeout", before, 20s,
                 line_of(0, "uses a heartbeat timeout of"));
  lab.o2cb().wait_connected(lab.nodes({1, 2}), {1, 2}, Deadline::in(10s));
  EXPECT_EQ(lab.o2cb().connected_nodes(lab.node(3)), NodeSet{});
}

}  // namespace
}  // namespace o2lab
