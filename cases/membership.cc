// SPDX-License-Identifier: GPL-2.0-or-later
// Who is a member: mounts join, umounts leave, and every node agrees.
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(Membership, MountJoinsAndUmountLeavesOnAllViews, Until(Ready::o2cb),
         Guards("a mount makes a node a member on every view, an umount takes it out of every view")) {
  O2cb& o2cb = lab.o2cb();
  const Deadline deadline = Deadline::in(150s);
  o2cb.mount(lab.node(1));
  o2cb.wait_domain(lab.nodes({1}), {1}, deadline);
  on_each(lab.nodes({2, 3}), [&](Node& node) { o2cb.mount(node); });
  o2cb.wait_domain(lab.nodes(), {1, 2, 3}, deadline);
  o2cb.wait_connected(lab.nodes(), {1, 2, 3}, deadline);
  lab.step("unmount on node 2");
  o2cb.umount(lab.node(2));
  o2cb.wait_domain(lab.nodes({1, 3}), {1, 3}, deadline);
  o2cb.wait_live(lab.nodes({1, 3}), {1, 3}, deadline);
  o2cb.wait_connected(lab.nodes({1, 3}), {1, 3}, deadline);
}

LAB_CASE(Membership, NodeTakesTheClustersSettings, Nodes(1), Until(Ready::booted),
         Guards("a node takes stack, cluster and its own place in it as they are written, and gives them "
                "back as such")) {
  Node& node = lab.node(1);
  lab.o2cb().configure({&node});
  const std::string cluster = "/sys/kernel/config/cluster/" + lab.topology().cluster;
  EXPECT_EQ(node.sh("cat /sys/fs/ocfs2/cluster_stack"), "o2cb\n");
  EXPECT_EQ(node.sh("cat " + cluster + "/node/node1/local"), "1\n");
  EXPECT_EQ(node.sh("cat " + cluster + "/node/node1/num"), "1\n");
  EXPECT_EQ(node.sh("cat " + cluster + "/heartbeat/dead_threshold"),
            fmt::format("{}\n", lab.topology().dead_threshold));
}

LAB_CASE(Membership, LateJoinerSeesWhatWasWritten, Nightly(), Until(Ready::o2cb),
         Guards("a node that mounts while others work becomes a member and reads their data")) {
  lab.o2cb().mount_everywhere(lab.nodes({1, 2}));
  lab.node(1).sh("echo written before node 3 came > /mnt/early && sync /mnt/early");
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(5, 30s);
  lab.step("node 3 mounts");
  lab.o2cb().mount(lab.node(3));
  lab.o2cb().wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(20s));
  EXPECT_EQ(lab.node(3).sh("cat /mnt/early"), "written before node 3 came\n");
  writer->wait_for(5, 30s);
  writer->stop();
  lab.check_appended(lab.node(3), *writer);
}

LAB_CASE(Membership, RejoinUnderTheSameNumber,
         Guards("a node that left in order and comes back under its number is a member again, with a new "
                "heartbeat generation")) {
  const HeartbeatRegion region = lab.heartbeat_region();
  const auto generation = [&] { return lab.read_heartbeat(region).at(3).generation; };
  const uint64_t first = generation();
  EXPECT_NE(first, 0u);
  lab.o2cb().umount(lab.node(3));
  lab.o2cb().wait_live(lab.nodes({1, 2}), {1, 2}, Deadline::in(20s));
  lab.step("node 3 takes its cluster down and sets it up again");
  lab.o2cb().unconfigure(lab.nodes({3}));
  lab.o2cb().configure(lab.nodes({3}));
  lab.o2cb().mount(lab.node(3));
  lab.o2cb().wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(20s));
  EXPECT_NE(generation(), 0u);
  EXPECT_NE(generation(), first);
  lab.node(3).sh("echo back > /mnt/back && sync /mnt/back");
  EXPECT_EQ(lab.node(1).sh("cat /mnt/back"), "back\n");
}

LAB_CASE(Membership, TwoVolumesHaveTheirOwnMembers, Volumes(2),
         Guards("leaving one of two volumes changes nothing on the other, and the connection stays")) {
  O2cb& o2cb = lab.o2cb();
  for (const int volume : {0, 1}) o2cb.wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(20s), volume);
  lab.step("node 2 leaves the second volume");
  o2cb.umount(lab.node(2), 1);
  o2cb.wait_domain(lab.nodes({1, 3}), {1, 3}, Deadline::in(20s), 1);
  o2cb.wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(5s), 0);
  o2cb.wait_connected(lab.nodes(), {1, 2, 3}, Deadline::in(5s));
  lab.node(2).sh("echo still here > /mnt/from2 && sync /mnt/from2");
  EXPECT_EQ(lab.node(3).sh("cat /mnt/from2"), "still here\n");
}

}  // namespace
}  // namespace o2lab
