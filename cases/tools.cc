// SPDX-License-Identifier: GPL-2.0-or-later
// The programs of Debian's ocfs2-tools, as they are, in both modes.
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

constexpr const char* kClusterDir = "/sys/kernel/config/cluster/lab";

std::string cluster_conf(int nodes) {
  std::string text =
      "cluster:\n\tname = lab\n\theartbeat_mode = local\n\tnode_count = " + std::to_string(nodes) + "\n";
  for (int node = 1; node <= nodes; ++node)
    text += fmt::format(
        "\nnode:\n\tnumber = {0}\n\tname = node{0}\n\tip_address = {1}\n\tip_port = {2}\n\tcluster = lab\n",
        node, o2cb_script::address(node), o2cb_script::kPort);
  return text;
}

/// What the o2cb service does at boot, and mkfs on the first node.
void set_up(Lab& lab, HeartbeatMode mode) {
  on_each(lab.nodes(), [&](Node& node) {
    node.sh(fmt::format(
        "set -e; modprobe -a ocfs2_nodemanager ocfs2_dlm ocfs2_stack_o2cb ocfs2\n"
        "echo o2cb > /sys/fs/ocfs2/cluster_stack\n"
        "[ {} = disk ] || echo user > {}\n"
        "mkdir -p /etc/ocfs2 && printf %s {} > /etc/ocfs2/cluster.conf\n"
        "o2cb register-cluster lab",
        name_of(mode), o2cb_script::kHeartbeatMode, shell_quoted(cluster_conf(lab.spec().nodes))));
  });
  lab.node(1).sh(o2cb_script::mkfs(lab.topology(), 0), 90s);
}

/// mounted.ocfs2 -f names the nodes that have it mounted; o2hbmonitor is a daemon, so it is looked at for a
/// while.
void look_around(Lab& lab, const std::string& uuid) {
  const std::string found = lab.node(1).sh("mounted.ocfs2 -d");
  EXPECT_NE(found.find("o2cb"), std::string::npos) << found;
  EXPECT_NE(found.find(uuid), std::string::npos) << found;
  const std::string full = lab.node(1).sh("mounted.ocfs2 -f");
  EXPECT_NE(full.find("node1"), std::string::npos) << full;
  EXPECT_NE(full.find("node2"), std::string::npos) << full;
  const CommandResult monitor = lab.node(1).run("timeout 6 o2hbmonitor -i -v", 30s);
  EXPECT_EQ(monitor.exit_status, 124) << "o2hbmonitor ended by itself: " << monitor.out << monitor.err;
}

void mount_and_work(Lab& lab) {
  on_each(lab.nodes(), [&](Node& node) { node.sh("mkdir -p /mnt && mount.ocfs2 /dev/shared0 /mnt", 120s); });
  lab.node(1).sh("echo from node1 > /mnt/file && sync /mnt/file");
  EXPECT_EQ(lab.node(2).sh("cat /mnt/file"), "from node1\n");
}

LAB_CASE(Tools, WorkAsTheyAreInUserMode, Nodes(2), Until(Ready::booted), Part("10"),
         Guards("o2cb register-cluster, mkfs, mount.ocfs2, mounted.ocfs2, o2hbmonitor, umount and "
                "unregister-cluster of an "
                "unmodified Debian work in user mode")) {
  set_up(lab, HeartbeatMode::user);
  const std::string uuid = lab.o2cb().uuid();
  EXPECT_EQ(lab.node(1).sh(fmt::format("cat {}/heartbeat/mode", kClusterDir)), "local\n");
  on_each(lab.nodes(),
          [&](Node& node) { node.sh(o2cb_script::make_region(lab.topology(), uuid, 2, node.number())); });
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(60s));
  mount_and_work(lab);
  look_around(lab, uuid);
  lab.step("and everything back");
  on_each(lab.nodes(), [&](Node& node) {
    node.sh("umount /mnt", 60s);
    EXPECT_EQ(lab.region(node, uuid).links(), "node1 node2") << "umount took links away";
    node.sh(o2cb_script::remove_region(lab.topology(), uuid, node.number()));
    node.sh("o2cb unregister-cluster lab");
    EXPECT_EQ(lab.calls(node).list("/sys/kernel/config/cluster"), "");
  });
}

LAB_CASE(
    Tools, WorkAsTheyAreInDiskMode, Nodes(2), Until(Ready::booted),
    Guards("the same programs work in disk mode: heartbeat starts with the mount and ends with the umount")) {
  set_up(lab, HeartbeatMode::disk);
  mount_and_work(lab);
  look_around(lab, lab.o2cb().uuid());
  on_each(lab.nodes(), [&](Node& node) {
    node.sh("umount /mnt", 60s);
    node.sh("o2cb unregister-cluster lab");
    EXPECT_EQ(lab.calls(node).list("/sys/kernel/config/cluster"), "");
  });
}

}  // namespace
}  // namespace o2lab
