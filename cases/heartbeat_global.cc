// SPDX-License-Identifier: GPL-2.0-or-later
// Global heartbeat: a set of regions for all volumes, none of them bound to a mount (o2cb(7),
// "heartbeat_mode").
#include <gtest/gtest.h>

#include <algorithm>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"
#include "windows.h"

namespace o2lab {
namespace {

/// /etc/ocfs2/cluster.conf with the volumes 0 to `regions` - 1 as heartbeat regions.
std::string cluster_conf(Lab& lab, int regions) {
  const std::string& cluster = lab.topology().cluster;
  std::string text = fmt::format("cluster:\n\tname = {}\n\theartbeat_mode = global\n\tnode_count = {}\n",
                                 cluster, lab.spec().nodes);
  for (int node = 1; node <= lab.spec().nodes; ++node)
    text += fmt::format(
        "\nnode:\n\tnumber = {0}\n\tname = node{0}\n\tip_address = {1}\n\tip_port = {2}\n\tcluster = {3}\n",
        node, o2cb_script::address(node), o2cb_script::kPort, cluster);
  for (int region = 0; region < regions; ++region)
    text += fmt::format("\nheartbeat:\n\tregion = {}\n\tcluster = {}\n", lab.o2cb().uuid(region), cluster);
  return text;
}

/// Every region of the file is started, those that run already go on. One after the other: each takes
/// dead_threshold + 1 beats until it is steady (o2hb_region_dev_store(), fs/ocfs2/cluster/disk_heartbeat.c).
void start_regions(Lab& lab, int regions) {
  const std::string conf = shell_quoted(cluster_conf(lab, regions));
  on_each(lab.nodes(), [&](Node& node) {
    node.sh(fmt::format("printf %s {} > /etc/ocfs2/cluster.conf && o2cb start-heartbeat {}", conf,
                        lab.topology().cluster),
            regions * (lab.topology().dead_threshold + 1) * Topology::heartbeat_period + 60s);
  });
}

/// The cluster with volumes 0 to 2 as heartbeat regions, all nodes alive.
void set_up(Lab& lab) {
  for (int volume = 0; volume < lab.spec().volumes; ++volume)
    lab.node(1).sh(
        fmt::format("mkfs.ocfs2 -q -F -b 4096 -C 4096 -J size=8M -N {} -L volume{} --cluster-stack=o2cb "
                    "--cluster-name={} --global-heartbeat {} </dev/null",
                    lab.topology().slots, volume, lab.topology().cluster, o2cb_script::device(volume)),
        90s);
  const std::string conf = shell_quoted(cluster_conf(lab, 3));
  on_each(lab.nodes(), [&](Node& node) {
    node.sh(
        fmt::format("set -e; modprobe -a ocfs2_nodemanager ocfs2_dlm ocfs2_stack_o2cb ocfs2\n"
                    "echo o2cb > /sys/fs/ocfs2/cluster_stack\n"
                    "mkdir -p /etc/ocfs2 /mnt && printf %s {} > /etc/ocfs2/cluster.conf\n"
                    "o2cb register-cluster {}\necho {} > {}/heartbeat/dead_threshold",
                    conf, lab.topology().cluster, lab.topology().dead_threshold,
                    o2cb_script::cluster_dir(lab.topology())));
  });
  start_regions(lab, 3);
  NodeSet all;
  for (const Node* node : lab.nodes()) all.insert(node->number());
  lab.o2cb().wait_live(lab.nodes(), all, Deadline::in(lab.topology().dead_latest() + 20s));
  lab.o2cb().wait_connected(lab.nodes(), all, Deadline::in(60s));
  on_each(lab.nodes(), [&](Node& node) { node.sh("mount.ocfs2 /dev/shared0 /mnt", 120s); });
}

/// "1 1 1 -": for each volume whether its region cannot be removed, "-" where there is none.
std::string pins(Lab& lab, Node& node) {
  std::string out;
  for (int volume = 0; volume < lab.spec().volumes; ++volume)
    out += node.sh(
        fmt::format("cat /sys/kernel/debug/o2hb/{}/pinned 2>/dev/null || echo -", lab.o2cb().uuid(volume)));
  for (char& c : out) c = c == '\n' ? ' ' : c;
  return out.substr(0, out.size() - 1);
}

/// "0 1 2 |0 1 2 ||": the regions that there are, those that count for quorum and those that have
/// failed, by their numbers.
std::string region_lists(Node& node) {
  std::string out = node.sh("cd /sys/kernel/debug/o2hb && cat live_regions quorum_regions failed_regions");
  std::replace(out.begin(), out.end(), '\n', '|');
  return out;
}

std::string region_number(Lab& lab, Node& node, int volume) {
  const std::string out = node.sh(fmt::format("cat /sys/kernel/debug/o2hb/{}/num", lab.o2cb().uuid(volume)));
  return out.substr(0, out.find('\n'));
}

/// A region counts for quorum some beats after it has come (o2hb_set_quorum_device).
void wait_lists(Lab& lab, Node& node, const std::string& wanted) {
  lab.hub().wait(
      fmt::format("{} to list regions {}", node.name(), wanted),
      Deadline::in(lab.topology().dead_latest() + 20s),
      [&] {
        const std::string now = region_lists(node);
        return Seen{now == wanted, now};
      },
      200ms, WaitHub::Ask::polled);
}

void wait_pins(Lab& lab, const std::string& wanted) {
  for (Node* node : lab.nodes())
    lab.hub().wait(
        fmt::format("regions of {} to be pinned as {}", node->name(), wanted),
        Deadline::in(lab.topology().dead_latest() + 20s),
        [&] {
          const std::string now = pins(lab, *node);
          return Seen{now == wanted, now};
        },
        200ms, WaitHub::Ask::polled);
}

LAB_CASE(HeartbeatGlobal, MountPinsUpToThreeRegions, Nightly(), Nodes(2), Volumes(4), Until(Ready::booted),
         Guards("a mount pins every region of a global heartbeat as long as there are at most three, so that "
                "none can be "
                "removed; with a fourth none is pinned, and the others are again once it is gone")) {
  set_up(lab);
  const std::string regions = o2cb_script::cluster_dir(lab.topology()) + "/heartbeat/";
  wait_pins(lab, "1 1 1 -");
  for (int volume = 0; volume < 3; ++volume)
    EXPECT_EQ(lab.calls(lab.node(1)).rmdir(regions + lab.o2cb().uuid(volume)), "EBUSY") << volume;
  for (Node* node : lab.nodes()) wait_lists(lab, *node, "0 1 2 |0 1 2 ||");
  lab.step("a fourth region");
  start_regions(lab, 4);
  wait_pins(lab, "0 0 0 0");
  wait_lists(lab, lab.node(1), "0 1 2 3 |0 1 2 3 ||");
  lab.step("and without it");
  for (Node* node : lab.nodes())
    EXPECT_EQ(lab.calls(*node).rmdir(regions + lab.o2cb().uuid(3)).substr(0, 2), "ok") << node->name();
  wait_pins(lab, "1 1 1 -");
  EXPECT_EQ(lab.o2cb().live_nodes(lab.node(1)), (NodeSet{1, 2}));
  wait_lists(lab, lab.node(1), "0 1 2 |0 1 2 ||");
  lab.step("both nodes work, and let go");
  lab.node(1).sh("echo from node1 > /mnt/file && sync /mnt/file");
  EXPECT_EQ(lab.node(2).sh("cat /mnt/file"), "from node1\n");
  on_each(lab.nodes(), [&](Node& node) { node.sh("umount /mnt", 60s); });
  wait_pins(lab, "0 0 0 -");
}

LAB_CASE(HeartbeatGlobal, NodeFencesWhenHalfOfItsRegionsHang, Nodes(2), Volumes(3), Until(Ready::booted),
         Nightly(),
         Guards("a node with one of three regions hung goes on and stays alive for the others, and tells "
                "which it is; with two hung "
                "it fences "
                "itself in time, and the other node goes on")) {
  set_up(lab);
  const Topology& topology = lab.topology();
  for (const int volume : {1, 2}) lab.wait_heartbeat_write(lab.node(2), volume);
  const Undo first = lab.hang_disk(lab.node(2), 1);
  lab.let_pass("one region of three may hang", topology.write_timeout_latest() + 2s);
  EXPECT_EQ(lab.survivors().size(), 2u);
  const std::string hung = region_number(lab, lab.node(2), 1);
  EXPECT_EQ(region_lists(lab.node(2)), fmt::format("0 1 2 |0 1 2 |{} |", hung));
  EXPECT_EQ(region_lists(lab.node(1)), "0 1 2 |0 1 2 ||");
  EXPECT_EQ(lab.o2cb().live_nodes(lab.node(1)), (NodeSet{1, 2}));
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo second = lab.hang_disk(lab.node(2), 2);
  fence.wait();
  const auto writer = lab.append(lab.node(1), "/mnt/after");
  writer->wait_for(10, topology.dead_latest() + 60s);
  writer->stop();
  lab.check_appended(lab.node(1), *writer);
  lab.node(1).sh("umount /mnt", 60s);
}

}  // namespace
}  // namespace o2lab
