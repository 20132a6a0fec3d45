// SPDX-License-Identifier: GPL-2.0-or-later
// Two volumes with members of their own: who leaves one is silent in the other, and the connection lasts
// until the last.
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

constexpr const char* kUnbound = Probe::kUnbound;

void beat(Node& node, int volume) {
  node.sh(fmt::format("ocfs2_hb_ctl -S -d {} svc", o2cb_script::device(volume)), 60s);
}
void end_beat(Node& node, int volume) {
  node.sh(fmt::format("ocfs2_hb_ctl -K -d {} svc", o2cb_script::device(volume)), 60s);
}

/// "1 2, 2 1": node 1 is held by two regions, node 2 by one (debugfs o2net/resources).
std::string resources(Node& node) {
  return node.sh("paste -s -d , /sys/kernel/debug/o2net/resources | sed 's/,/, /g' | tr -d '\\n'");
}

void wait_resources(Lab& lab, Node& node, const std::string& wanted) {
  lab.hub().wait(
      node.name() + " to hold nodes by " + wanted, Deadline::in(lab.topology().dead_latest() + 10s),
      [&] {
        const std::string now = resources(node);
        return Seen{now == wanted, now};
      },
      250ms, WaitHub::Ask::polled);
}

/// Waits until that many calls have been told; returns them.
std::string wait_told(Lab& lab, Probe& probe, size_t calls) {
  std::vector<ProbeEvent> all;
  lab.hub().wait(
      fmt::format("{} calls of callbacks", calls), Deadline::in(lab.topology().dead_latest() + 20s),
      [&] {
        for (ProbeEvent& event : probe.news()) all.push_back(std::move(event));
        return Seen{all.size() >= calls, text_of(all)};
      },
      250ms, WaitHub::Ask::polled);
  return text_of(all);
}

bool is_lost(const Event& event, int node) {
  return event.node == node && event.kind == "o2net_connection" && event.fields.value("event", "") == "down";
}

size_t connections_lost(Lab& lab, int node, size_t since) {
  return lab.events().since(since, [&](const Event& event) { return is_lost(event, node); }).size();
}

LAB_CASE(
    Events, LeavingOneOfTwoVolumesIsSilentInTheOther, Nightly(), Nodes(2), Volumes(2),
    Until(Ready::heartbeat), Part("05"),
    Guards("with heartbeat on disk a node that leaves or joins one volume is heard of in that one alone, "
           "and one that dies in both, once each, and as a whole with the last")) {
  const std::string a = lab.o2cb().uuid(0);
  const std::string b = lab.o2cb().uuid(1);
  Probe probe = lab.probe(lab.node(1));
  ASSERT_EQ(probe.add(kUnbound, 5), "ok");
  ASSERT_EQ(probe.add(a, 6), "ok");
  ASSERT_EQ(probe.add(b, 7), "ok");
  end_beat(lab.node(2), 1);
  EXPECT_EQ(wait_told(lab, probe, 1), b + " 2 down");
  beat(lab.node(2), 1);
  EXPECT_EQ(wait_told(lab, probe, 1), b + " 2 up");
  lab.step("kill node 2");
  lab.kill(lab.node(2));
  const std::string last = wait_told(lab, probe, 3);
  const auto dies = [](const std::string& first, const std::string& second) {
    return fmt::format("{} 2 down, global 2 down, {} 2 down", first, second);
  };
  EXPECT_TRUE(last == dies(a, b) || last == dies(b, a)) << last;
  lab.let_pass("time for what must not be told", Topology::heartbeat_period + 1s);
  EXPECT_EQ(probe.told(), "");
}

LAB_CASE(Events, ConnectionLastsAsLongAsOneVolumeHoldsIt, Nightly(), Nodes(2), Volumes(2),
         Until(Ready::heartbeat), Part("07"),
         Guards("o2net counts the volumes that hold a node, the own one included: leaving one of two changes "
                "no connection, leaving the last one closes it")) {
  Node& first = lab.node(1);
  const size_t before = lab.events().position();
  ASSERT_EQ(resources(first), "1 2, 2 2");
  end_beat(lab.node(2), 1);
  wait_resources(lab, first, "1 2, 2 1");
  lab.let_pass("time for a connection to go", lab.topology().idle_timeout + 1s);
  EXPECT_EQ(connections_lost(lab, 1, before), 0u);
  EXPECT_EQ(lab.o2cb().connected_nodes(first), NodeSet{2});
  beat(lab.node(2), 1);
  wait_resources(lab, first, "1 2, 2 2");
  end_beat(lab.node(2), 0);
  wait_resources(lab, first, "1 2, 2 1");
  EXPECT_EQ(connections_lost(lab, 1, before), 0u);
  lab.step("node 2 leaves the last one");
  end_beat(lab.node(2), 1);
  wait_resources(lab, first, "1 2");
  lab.o2cb().wait_connected(lab.nodes(), {}, Deadline::in(20s));
  lab.wait_event("node 1 to tell that the connection is closed", before, 10s,
                 [](const Event& event) { return is_lost(event, 1); });
  EXPECT_EQ(connections_lost(lab, 1, before), 1u);
  end_beat(first, 0);
  EXPECT_EQ(resources(first), "1 1");
  end_beat(first, 1);
  EXPECT_EQ(resources(first), "");
}

LAB_CASE(Events, ConnectionLastsAsLongAsOneRegionHoldsIt, Nodes(2), Until(Ready::o2cb), UserMode(),
         Part("10"),
         Guards("in user mode a node that leaves B raises nothing in A and stays connected, and is "
                "disconnected when rm of its last link returns; its own callbacks hear nothing of it")) {
  on_each(lab.nodes(), [&](Node& node) {
    for (const char* name : {"A", "B"}) {
      UserRegion region = lab.region(node, name);
      EXPECT_EQ(region.make(), "ok");
      for (const int number : {3 - node.number(), node.number()})
        EXPECT_EQ(region.link(number).substr(0, 2), "ok");
    }
  });
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(lab.topology().idle_timeout + 10s));
  Node& first = lab.node(1);
  Probe probe = lab.probe(first);
  Probe other = lab.probe(lab.node(2));
  for (Probe* one : {&probe, &other}) {
    ASSERT_EQ(one->add(kUnbound, 5), "ok");
    ASSERT_EQ(one->add("A", 6), "ok");
    ASSERT_EQ(one->add("B", 7), "ok");
  }
  const size_t before = lab.events().position();
  UserRegion a = lab.region(first, "A");
  UserRegion b = lab.region(first, "B");
  EXPECT_EQ(resources(first), "1 2, 2 2");
  EXPECT_EQ(b.unlink(2), "ok, B 2 down");
  EXPECT_EQ(probe.told(), "B 2 down");
  EXPECT_EQ(resources(first), "1 2, 2 1");
  lab.let_pass("time for a connection to go", lab.topology().idle_timeout + 1s);
  EXPECT_EQ(connections_lost(lab, 1, before), 0u);
  EXPECT_EQ(lab.o2cb().connected_nodes(first), NodeSet{2});
  EXPECT_EQ(a.unlink(2), "ok, A 2 down, global 2 down");
  EXPECT_EQ(lab.o2cb().connected_nodes(first), NodeSet{}) << "rm returned before the connection was closed";
  EXPECT_EQ(probe.told(), "global 2 down, A 2 down");
  EXPECT_EQ(resources(first), "1 2");
  EXPECT_EQ(other.told(), "") << "node 1 is a member on node 2 for as long as node 2 links it";
}

}  // namespace
}  // namespace o2lab
