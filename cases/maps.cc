// SPDX-License-Identifier: GPL-2.0-or-later
// Who is a member, asked for one region or for all, and what a mount and its DLM domain make of the answer.
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

constexpr const char* kUnion = Probe::kUnbound;

void beat(Node& node, int volume) {
  node.sh(fmt::format("ocfs2_hb_ctl -S -d {} svc", o2cb_script::device(volume)), 60s);
}

/// "1 0 1 ENOENT": the status of each of these nodes in a region.
std::string status_of(Probe& probe, const std::string& region, const std::vector<int>& nodes) {
  std::string out;
  for (const int node : nodes) out += (out.empty() ? "" : " ") + probe.status(region, node);
  return out;
}

void wait_map(Lab& lab, Probe& probe, const std::string& region, const std::string& wanted) {
  lab.hub().wait(
      fmt::format("the map of {} to be {}", region, wanted), Deadline::in(lab.topology().dead_latest() + 20s),
      [&] {
        const std::string now = probe.map(region);
        return Seen{now == wanted, now};
      },
      250ms, WaitHub::Ask::polled);
}

/// All that its callbacks have heard. A map is ahead of them: it changes before anybody is called.
void wait_told(Lab& lab, Probe& probe, const std::string& wanted) {
  lab.hub().wait(
      "callbacks to hear " + wanted, Deadline::in(lab.topology().dead_latest() + 20s),
      [&] {
        const std::string now = text_of(probe.events());
        return Seen{now == wanted, now};
      },
      250ms, WaitHub::Ask::polled);
}

LAB_CASE(
    Maps, EveryRegionHasItsOwn, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards("the map of a region holds its members and no others, that of all regions the members of any, "
           "the own node as any other, and the status of each node is its bit; a region that is not "
           "there is ENOENT")) {
  lab.add_nodes(lab.node(1), 2, 3);
  Probe probe = lab.probe(lab.node(1));
  UserRegion a = lab.region(lab.node(1), "A");
  UserRegion b = lab.region(lab.node(1), "B");
  EXPECT_EQ(probe.map(kUnion), "");
  EXPECT_EQ(probe.map("A"), "ENOENT");
  EXPECT_EQ(status_of(probe, "A", {1, 2}), "ENOENT ENOENT");
  ASSERT_EQ(a.make(), "ok");
  ASSERT_EQ(b.make(), "ok");
  EXPECT_EQ(probe.map("A"), "");
  EXPECT_EQ(status_of(probe, "A", {1, 2}), "0 0");
  const auto links = [](UserRegion& region, std::initializer_list<int> nodes) {
    for (const int node : nodes) EXPECT_EQ(region.link(node).substr(0, 2), "ok") << node;
  };
  links(a, {1, 2});
  links(b, {2, 3});
  EXPECT_EQ(probe.map("A"), "1 2");
  EXPECT_EQ(probe.map("B"), "2 3");
  EXPECT_EQ(probe.map(kUnion), "1 2 3");
  EXPECT_EQ(status_of(probe, "A", {1, 2, 3, 4}), "1 1 0 0");
  EXPECT_EQ(status_of(probe, "B", {1, 2, 3, 4}), "0 1 1 0");
  EXPECT_EQ(status_of(probe, kUnion, {1, 2, 3, 4}), "1 1 1 0");
  for (const char* name : {"AB", "a", "C", "lab"}) {
    EXPECT_EQ(probe.map(name), "ENOENT") << name;
    EXPECT_EQ(probe.status(name, 1), "ENOENT") << name;
  }
  lab.step("members leave");
  EXPECT_EQ(a.unlink(2), "ok, A 2 down");
  EXPECT_EQ(probe.map("A"), "1");
  EXPECT_EQ(probe.map(kUnion), "1 2 3") << "node 2 is in B still";
  EXPECT_EQ(b.unlink(2), "ok, B 2 down, global 2 down");
  EXPECT_EQ(a.unlink(1), "ok, A 1 down, global 1 down");
  EXPECT_EQ(probe.map("A"), "");
  EXPECT_EQ(probe.map(kUnion), "3");
  EXPECT_EQ(status_of(probe, kUnion, {1, 2, 3}), "0 0 1");
  EXPECT_EQ(a.remove(), "ok");
  EXPECT_EQ(probe.map("A"), "ENOENT");
  EXPECT_EQ(probe.status("A", 1), "ENOENT");
  EXPECT_EQ(probe.map("B"), "3");
}

LAB_CASE(Maps, FirstAndLastNumberCount, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
         Guards("nodes 0 and 254 are members like any other, and there is no node 255")) {
  lab.add_nodes(lab.node(1), 0, 0);
  lab.add_nodes(lab.node(1), 254, 254);
  Probe probe = lab.probe(lab.node(1));
  UserRegion region = lab.region(lab.node(1), "A");
  ASSERT_EQ(region.make(), "ok");
  EXPECT_EQ(region.link(0), "ok, A 0 up, global 0 up");
  EXPECT_EQ(region.link(254), "ok, A 254 up, global 254 up");
  for (const char* name : {"A", kUnion}) {
    EXPECT_EQ(probe.map(name), "0 254");
    EXPECT_EQ(status_of(probe, name, {0, 1, 253, 254, 255}), "1 0 0 1 0");
  }
  EXPECT_EQ(region.unlink(0), "ok, A 0 down, global 0 down");
  EXPECT_EQ(region.unlink(254), "ok, A 254 down, global 254 down");
  EXPECT_EQ(probe.map(kUnion), "");
}

LAB_CASE(
    Maps, MountWaitsForTheMembersOfItsOwnRegion, Nodes(1), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards("a mount needs connections to the members of its own region, not to one of another region that "
           "cannot be reached")) {
  lab.add_nodes(lab.node(1), 2, 2);
  const std::string uuid = lab.o2cb().uuid();
  UserRegion own = lab.region(lab.node(1), uuid);
  UserRegion other = lab.region(lab.node(1), "B");
  ASSERT_EQ(own.make(), "ok");
  ASSERT_EQ(other.make(), "ok");
  ASSERT_EQ(other.link(2), "ok, B 2 up, global 2 up");
  ASSERT_EQ(own.link(1), fmt::format("ok, {} 1 up, global 1 up", uuid));
  lab.node(1).sh("mkdir -p /mnt");
  EXPECT_EQ(lab.calls(lab.node(1)).mount(o2cb_script::device(0), o2cb_script::mount_point(0), 120s), "ok");
  EXPECT_EQ(lab.o2cb().domain_nodes(lab.node(1)), NodeSet{1});
}

LAB_CASE(
    Maps, DomainTakesMembersOfItsOwnRegionOnly, Nodes(2), Until(Ready::o2cb), UserMode(), Part("10"),
    Guards("a node that is connected, but no member of the volume's region on a node that has it mounted, "
           "does not get into the domain before it is one")) {
  const std::string uuid = lab.o2cb().uuid();
  UserRegion own = lab.region(lab.node(1), uuid);
  UserRegion other = lab.region(lab.node(1), "B");
  ASSERT_EQ(own.make(), "ok");
  ASSERT_EQ(other.make(), "ok");
  ASSERT_EQ(other.link(2), "ok, B 2 up, global 2 up");
  ASSERT_EQ(own.link(1), fmt::format("ok, {} 1 up, global 1 up", uuid));
  lab.o2cb().start_heartbeat(lab.node(2));
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(lab.topology().idle_timeout + 10s));
  lab.o2cb().mount(lab.node(1));
  const auto mount = lab.node(2).start("mkdir -p /mnt && mount -t ocfs2 /dev/shared0 /mnt");
  lab.let_pass("node 1 must not let node 2 in", 6s);
  EXPECT_TRUE(mount->running());
  EXPECT_EQ(lab.o2cb().domain_nodes(lab.node(1)), NodeSet{1});
  EXPECT_EQ(own.link(2), fmt::format("ok, {} 2 up", uuid));
  lab.o2cb().wait_domain(lab.nodes(), {1, 2}, Deadline::in(30s));
  EXPECT_TRUE(mount->wait(Deadline::in(60s)).ok());
}

LAB_CASE(Maps, VolumesMountedOnDifferentNodes, Nightly(), Volumes(2), Until(Ready::o2cb), Part("06"),
         Guards("with heartbeat on disk each volume's map holds the nodes that have it, that of all volumes "
                "the nodes of any, and an umount changes that volume's alone")) {
  O2cb& o2cb = lab.o2cb();
  const std::string a = o2cb.uuid(0);
  const std::string b = o2cb.uuid(1);
  on_each(lab.nodes(), [](Node& node) { beat(node, 0); });
  on_each(lab.nodes({1, 2}), [](Node& node) { beat(node, 1); });
  Probe one = lab.probe(lab.node(1));
  Probe two = lab.probe(lab.node(2));
  Probe three = lab.probe(lab.node(3));
  for (Probe* probe : {&one, &two, &three}) wait_map(lab, *probe, a, "1 2 3");
  for (Probe* probe : {&one, &two}) wait_map(lab, *probe, b, "1 2");
  o2cb.wait_connected(lab.nodes(), {1, 2, 3}, Deadline::in(lab.topology().idle_timeout + 10s));
  for (Node* node : lab.nodes()) o2cb.mount(*node, 0);
  for (Node* node : lab.nodes({1, 2})) o2cb.mount(*node, 1);
  EXPECT_EQ(three.map(b), "ENOENT") << "node 3 has never heard of this volume";
  for (Probe* probe : {&one, &two, &three}) EXPECT_EQ(probe->map(kUnion), "1 2 3");
  o2cb.wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(20s), 0);
  o2cb.wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(20s), 1);
  ASSERT_EQ(one.add(kUnion, 5), "ok");
  ASSERT_EQ(one.add(a, 6), "ok");
  ASSERT_EQ(one.add(b, 7), "ok");
  lab.step("node 2 leaves the second volume");
  lab.node(2).sh("ocfs2_hb_ctl -K -d /dev/shared1 svc", 60s);
  EXPECT_EQ(one.map(b), "1 2") << "it is mounted still";
  o2cb.umount(lab.node(2), 1);
  wait_map(lab, one, b, "1");
  wait_told(lab, one, b + " 2 down");
  EXPECT_EQ(two.map(b), "ENOENT");
  for (Probe* probe : {&one, &two, &three}) {
    EXPECT_EQ(probe->map(a), "1 2 3");
    EXPECT_EQ(probe->map(kUnion), "1 2 3");
  }
  o2cb.wait_connected(lab.nodes(), {1, 2, 3}, Deadline::in(20s));
  lab.step("and the first, its last one");
  lab.node(2).sh("ocfs2_hb_ctl -K -d /dev/shared0 svc", 60s);
  o2cb.umount(lab.node(2), 0);
  wait_told(lab, one, fmt::format("{0} 2 down, global 2 down, {1} 2 down", b, a));
  EXPECT_EQ(one.map(a) + ", " + one.map(b) + ", " + one.map(kUnion), "1 3, 1, 1 3");
  o2cb.wait_connected(lab.nodes({1, 3}), {1, 3}, Deadline::in(20s));
}

LAB_CASE(
    Maps, DiskMountWaitsForTheMembersOfItsOwnVolume, Nightly(), Volumes(2), Until(Ready::o2cb), Part("06"),
    Guards("with heartbeat on disk a node that cannot be reached, and is a member of another volume only, "
           "keeps no mount waiting and no domain from its members")) {
  O2cb& o2cb = lab.o2cb();
  const Undo cut = lab.cut({1}, {3});
  on_each(lab.nodes(), [&](Node& node) {
    if (node.number() != 3) beat(node, 0);
    if (node.number() != 2) beat(node, 1);
  });
  o2cb.wait_live(lab.nodes({1}), {1, 2, 3}, Deadline::in(lab.topology().dead_latest() + 20s));
  o2cb.wait_connected(lab.nodes({1}), {1, 2}, Deadline::in(lab.topology().idle_timeout + 10s));
  for (Node* node : lab.nodes({1, 2})) o2cb.mount(*node, 0);
  o2cb.wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(20s), 0);
  EXPECT_EQ(o2cb.connected_nodes(lab.node(1)), NodeSet{2}) << "node 3 was to be out of reach";
}

LAB_CASE(
    Maps, StatusOfOneNodeOnDisk, Nodes(2), Volumes(2), Until(Ready::o2cb), Part("08"),
    Guards("with heartbeat on disk the status of one node is told for one volume and for all of them, and "
           "goes with it when it leaves")) {
  const std::string a = lab.o2cb().uuid(0);
  const std::string b = lab.o2cb().uuid(1);
  on_each(lab.nodes(), [](Node& node) { beat(node, 0); });
  beat(lab.node(1), 1);
  Probe probe = lab.probe(lab.node(1));
  Probe other = lab.probe(lab.node(2));
  for (Probe* one : {&probe, &other}) wait_map(lab, *one, kUnion, "1 2");
  EXPECT_EQ(status_of(probe, a, {1, 2, 3}), "1 1 0");
  EXPECT_EQ(status_of(probe, b, {1, 2, 3}), "1 0 0");
  EXPECT_EQ(status_of(probe, kUnion, {1, 2, 3}), "1 1 0");
  EXPECT_EQ(status_of(other, b, {1, 2}), "ENOENT ENOENT");
  lab.node(2).sh("ocfs2_hb_ctl -K -d /dev/shared0 svc", 60s);
  wait_map(lab, probe, kUnion, "1");
  EXPECT_EQ(status_of(probe, a, {1, 2}), "1 0");
  EXPECT_EQ(status_of(probe, kUnion, {1, 2}), "1 0");
}

}  // namespace
}  // namespace o2lab
