// SPDX-License-Identifier: GPL-2.0-or-later
// mount(8) and umount(8) of a volume by hand, which ask Pacemaker for it (images/agent, o2member(8), MOUNTING
// BY HAND).
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "observe/fence_order_audit.h"
#include "pacemaker_case.h"

namespace o2lab {
namespace {

/// The helpers give up after 600 s.
constexpr Duration kHelper = 660s;

constexpr const char* kMount = "mount -v -t o2member /dev/shared0 /mnt";

/// Pacemaker, with as much time for what a mount by hand makes as a busy host needs.
class Manager : public PacemakerCase {
 public:
  explicit Manager(Lab& lab) : PacemakerCase(lab), begun_(lab.events().position()) {
    on_each(lab.nodes(), [](Node& node) {
      node.sh(
          fmt::format("mkdir -p /mnt /etc/o2member && sed 's/timeout=\"[0-9]*s\"/timeout=\"{}s\"/' "
                      "/usr/share/o2member/volume.xml > /etc/o2member/volume.xml",
                      Pacemaker::kNotify / 1s));
    });
  }
  /// The clone that a mount by hand makes, and the resource in it.
  std::string clone() { return "volume-" + lab_.o2cb().uuid(); }
  std::string member() { return clone() + "-member"; }

  /// The volume is mounted on exactly these; on the others nothing of it is left.
  void wait_members(const NodeSet& expected) {
    lab_.o2cb().wait_domain(lab_.nodes(expected), expected, Deadline::in(kMoved));
    pacemaker_.wait_started(member(), expected, kMoved);
    for (Node* node : lab_.nodes()) {
      const bool is_member = expected.count(node->number()) > 0;
      EXPECT_EQ(is_member, mounted_on(*node)) << node->name();
      if (!is_member) {
        EXPECT_EQ(lab_.region(*node, lab_.o2cb().uuid()).remove(), "ENOENT") << node->name();
      }
    }
  }
  /// How many resources of the agent's there are, by the configuration itself.
  int resources() {
    const std::string xml = lab_.node(1).sh("cibadmin --query --scope resources", 120s);
    int count = 0;
    for (size_t at = 0; (at = xml.find("type=\"o2member\"", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  /// A command that must fail with what mount(8) and umount(8) call a failure, and say `text` in one line.
  void expect_refused(Node& node, const std::string& command, const std::string& text) {
    const CommandResult result = node.run(command, kHelper);
    EXPECT_EQ(result.exit_status, 32) << command;
    EXPECT_NE(result.err.find(text), std::string::npos) << command << ": " << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << command << ": " << result.err;
  }
  void expect_nobody_fenced() { o2lab::expect_nobody_fenced(lab_, begun_); }

 private:
  size_t begun_;
};

LAB_CASE(MountStack, ByHandMountsHereAndNowhereElse, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("mount by hand of a volume that no resource mounts, on two nodes at once, makes one resource "
                "and mounts it on exactly these; umount of one that is in use fails and fences nobody; "
                "umount leaves the other node its mount; without Pacemaker both say how to do without")) {
  lab.node(1).sh("mkdir -p /mnt");
  {
    const CommandResult result = lab.node(1).run(kMount, 60s);
    EXPECT_EQ(result.exit_status, 32);
    EXPECT_NE(result.err.find("does not run here; mount -t ocfs2"), std::string::npos) << result.err;
  }
  Manager manager(lab);
  lab.step("mount on nodes 1 and 2 at once");
  on_each(lab.nodes({1, 2}), [](Node& node) { node.sh(kMount, kHelper); });
  manager.wait_members({1, 2});
  EXPECT_EQ(manager.resources(), 1);
  const auto writer = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 120s);

  lab.step("node 2 uses it");
  {
    const auto user = lab.lock(lab.node(2), "/mnt/lock");
    user->wait_granted(60s);
    manager.expect_refused(lab.node(2), "umount /mnt", "target is busy");
  }
  manager.wait_members({1, 2});
  manager.expect_refused(lab.node(2), "mkdir -p /mnt2 && mount -t o2member /dev/shared0 /mnt2",
                         " on /mnt, not on /mnt2");

  lab.step("umount on node 2");
  lab.wait_until("nobody to use the volume on node 2", 60s, [&] {
    const CommandResult result = lab.node(2).run("pidof o2work");
    return Seen{!result.ok(), "o2work runs: " + result.out};
  });
  lab.node(2).sh("umount -v /mnt", kHelper);
  EXPECT_FALSE(Manager::mounted_on(lab.node(2)));
  EXPECT_EQ(lab.region(lab.node(2), lab.o2cb().uuid()).remove(), "ENOENT")
      << "umount came back before the stop";
  manager.wait_members({1});
  writer->wait_for(5, 120s);

  lab.step("mount on node 3");
  lab.node(3).sh(kMount, kHelper);
  manager.wait_members({1, 3});
  EXPECT_EQ(manager.resources(), 1);
  writer->wait_for(5, 120s);
  writer->stop();
  for (Node* node : lab.nodes({1, 3})) lab.check_appended(*node, *writer);
  manager.expect_nobody_fenced();
  manager.let_go();
}

LAB_CASE(MountStack, WhatNeedsItGoesOnlyByForce, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("a start that fails is told with its reason by mount, and can be tried again; umount of a "
                "volume that a resource depends on, or that something is mounted on, is refused, and umount "
                "-f takes them down with it on that node alone")) {
  Manager manager(lab);
  const std::string clone = manager.clone();
  Node& first = lab.node(1);
  Node& second = lab.node(2);
  first.sh(kMount, kHelper);
  manager.wait_members({1});

  lab.step("a mount that fails on node 2");
  second.sh(
      "printf '#!/bin/sh\necho it is planted >&2\nexit 1\n' > /run/planted && chmod +x /run/planted && "
      "mount --bind /run/planted /sbin/mount.ocfs2");
  manager.expect_refused(second, "mount -t o2member /dev/shared0 /mnt", "it is planted");
  second.sh("umount /sbin/mount.ocfs2");
  manager.wait_members({1});
  second.sh(kMount, kHelper);
  manager.wait_members({1, 2});

  lab.step("a resource that needs it on node 2");
  manager.pacemaker().add_resource(R"(<primitive id="user" class="ocf" provider="pacemaker" type="Dummy"/>)");
  const auto constrain = [&](const std::string& xml) {
    first.sh("cibadmin --create --scope constraints --xml-text '" + xml + "'", 120s);
  };
  constrain(fmt::format(R"(<rsc_order id="user-after" first="{}" then="user"/>)", clone));
  constrain(
      fmt::format(R"(<rsc_colocation id="user-with" rsc="user" with-rsc="{}" score="INFINITY"/>)", clone));
  constrain(R"(<rsc_location id="user-where" rsc="user" node="node2" score="INFINITY"/>)");
  manager.pacemaker().wait_started("user", {2}, Manager::kMoved);
  manager.expect_refused(second, "umount /mnt", "needed here by user");
  second.sh("mkdir -p /mnt/top && mount -t tmpfs top /mnt/top");
  manager.expect_refused(second, "umount /mnt", "mounted at /mnt/top");
  manager.wait_members({1, 2});
  second.sh("umount -f /mnt", kHelper);
  manager.wait_members({1});
  manager.pacemaker().wait_started("user", {1}, Manager::kMoved);

  manager.expect_nobody_fenced();
  manager.let_go();
}

LAB_CASE(MountStack, UmountPastPacemakerIsMountedAgain, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("umount -i takes a volume away from under its resource: the node stays a member, the next "
                "monitor calls the resource not running, and Pacemaker stops and starts it there, with "
                "nobody fenced, no journal replayed, and the other node working on")) {
  Manager manager(lab);
  Node& second = lab.node(2);
  on_each(lab.nodes({1, 2}), [](Node& node) { node.sh(kMount, kHelper); });
  manager.wait_members({1, 2});
  const auto writer = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 120s);
  const size_t before = lab.events().position();
  lab.step("umount -i on node 2");
  second.sh("umount -i /mnt", kHelper);
  lab.wait_event("node 2 to have no mount", before, Manager::kMoved, line_of(2, "ocfs2: Unmounting device"));
  lab.wait_event("node 2 to mount again", before, Manager::kMoved, line_of(2, "ocfs2: Mounting device"));
  manager.wait_members({1, 2});
  const std::vector<std::string> failures = manager.pacemaker().view().failures;
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_TRUE(failures[0].starts_with("node2 " + manager.member() + "_monitor_")) << failures[0];
  EXPECT_NE(failures[0].find("not running"), std::string::npos) << failures[0];
  writer->wait_for(5, 120s);
  writer->stop();
  lab.check_appended(second, *writer);
  EXPECT_TRUE(lab.events().since(before, line_of(0, "Begin replay journal")).empty());
  manager.expect_nobody_fenced();

  lab.step("asked by the helper node 2 stays without");
  lab.wait_until("nobody to use the volume on node 2", 60s, [&] {
    const CommandResult result = second.run("pidof o2work");
    return Seen{!result.ok(), "o2work runs: " + result.out};
  });
  second.sh("umount /mnt", kHelper);
  manager.wait_members({1});
  manager.expect_nobody_fenced();
  manager.let_go();
}

}  // namespace
}  // namespace o2lab
