// SPDX-License-Identifier: GPL-2.0-or-later
// A real cluster manager keeps the members: corosync and Pacemaker, a clone of ocf:o2lab:o2member over one
// volume in user mode, and the lab's power switch for fencing. The order fence, down, replay of every
// failover is the audit fence_before_down.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cluster/o2cb_script.h"
#include "observe/fence_order_audit.h"
#include "pacemaker_case.h"

namespace o2lab {
namespace {

/// A node that others cannot hear but that is not dead is fenced by the host, and only then recovered.
void is_fenced_alive(Lab& lab, int victim, int stays, const std::function<Undo()>& fault) {
  Stack stack(lab);
  const Writers writers(lab, victim, stays);
  const size_t before = lab.events().position();
  auto fence =
      lab.expect_fence(lab.node(victim), Cause::host_power,
                       between(Corosync::kToken / 2, Pacemaker::fenced_latest(lab.cluster().size())));
  const TimePoint begun = Clock::now();
  const Undo held = fault();
  fence.wait();
  stack.expect_recovered(victim, before, begun, writers);
  stack.let_go();
}

LAB_CASE(FailoverStack, KilledIsFencedThenUnlinkedThenReplayed, OnTopology("stack-three-node"),
         Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("of a clone of three that Pacemaker runs one node dies: it is fenced, then unlinked "
                "everywhere, then its journal is replayed, nothing is lost, and it joins again")) {
  Stack stack(lab);
  LockOfTheDying lock(lab, 3, 2);
  const Writers writers(lab, 3, 1);
  const size_t before = lab.events().position();
  const TimePoint killed = lab.kill(lab.node(3));
  lock.expect_granted(killed, within(Pacemaker::unlinked_latest(lab.topology().nodes) + Stack::kRecovery));
  stack.expect_recovered(3, before, killed, writers);
  stack.bring_back(3);
  stack.wait_members({1, 2, 3});
  writers.survivor->stop();
  lab.check_appended(lab.node(3), *writers.survivor);
  stack.let_go();
}

LAB_CASE(FailoverStack, HungIsFencedByTheHost, OnTopology("stack-three-node"), Until(Ready::o2cb), UserMode(),
         Part("10"), Nightly(),
         Guards("a node that stands still is dead for the others only once the host has cut its power, and "
                "then it is recovered")) {
  is_fenced_alive(lab, 2, 1, [&] { return lab.pause(lab.node(2)); });
}

LAB_CASE(FailoverStack, FencingThatFailsRemovesNoLink, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("as long as a dead node cannot be fenced nobody calls it dead, what it held stays held, and "
                "it is recovered with nothing lost once fencing succeeds")) {
  Stack stack(lab);
  waits_for_fencing(
      lab, HostPower::Supply::refuses, [&](size_t since) { wait_refused(lab, since, Stack::kMoved); },
      [&](size_t since, TimePoint works, const Writers& writers) {
        stack.expect_recovered(3, since, works, writers);
      });
  stack.let_go();
}

LAB_CASE(FailoverStack, SplitIsDecidedByFencing, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("a node that is cut off from both others is fenced by them before they go on, and does not "
                "fence them")) {
  is_fenced_alive(lab, 1, 2, [&] { return lab.cut({1}, {2, 3}); });
}

/// A monitor of the clone, as Pacemaker runs one every now and then.
void monitor(Lab& lab, Node& node) {
  node.sh(fmt::format(
              "OCF_RESKEY_device={} OCF_RESKEY_directory={} OCF_RESKEY_fstype=ocfs2 OCF_RESKEY_cluster={} "
              "OCF_RESKEY_CRM_meta_interval=30000 /usr/lib/ocf/resource.d/o2lab/o2member monitor",
              o2cb_script::device(0), o2cb_script::mount_point(0), lab.topology().cluster),
          Pacemaker::kNotify);
}

LAB_CASE(
    FailoverStack, OfTwoThatFenceEachOtherTheDelayedOneDies, OnTopology("stack-three-node"), Nodes(2),
    Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
    Guards("of two nodes that are cut off from each other each has quorum and wants the other fenced: the "
           "one whose fencing is delayed is switched off, and until then neither takes the other's link "
           "away; the other recovers it and goes on")) {
  Stack stack(lab, stack_config::power_switch(2, fmt::format("node1:{}s;node2:0s", kHeadStart / 1s)));
  two_fence_each_other(
      lab,
      [&](size_t) {
        lab.wait_until("the fencing of node 2 to be waiting", Stack::kMoved, [&] {
          const bool waits = lab.node(2)
                                 .run(
                                     "grep -q \"Delaying 'off' action targeting node1\" "
                                     "/var/log/pacemaker/pacemaker.log")
                                 .ok();
          return Seen{waits, "its log does not say so"};
        });
        lab.step("a monitor while node 2 is not fenced");
        monitor(lab, lab.node(1));
      },
      {Stack::kMoved, Pacemaker::kFencing},
      [&](size_t since, TimePoint works, const Writers& writers) {
        stack.expect_recovered(2, since, works, writers);
      });
  stack.let_go();
}

/// The next mount of the volume on the node goes on alone: its agent is killed once the kernel is at it.
void kill_agent_at_its_mount(Lab& lab, Node& node) {
  constexpr const char* kHelper = "/usr/sbin/mount.ocfs2";
  const std::string region =
      fmt::format("{}/heartbeat/{}", o2cb_script::cluster_dir(lab.topology()), lab.o2cb().uuid());
  node.sh(
      fmt::format("mv {0} {0}.real && cat > {0} <<'END' && chmod 0755 {0}\n"
                  "#!/bin/sh\n"
                  "mv {0}.real {0}\n"
                  "{0} \"$@\" &\n"
                  "while kill -0 $! && ! rmdir {1} 2>&1 | grep -q busy; do :; done 2>/dev/null\n"
                  "kill -9 $(pidof o2member) && echo 'o2lab: the agent is killed' > /dev/kmsg\n"
                  "wait $!\n"
                  "END",
                  kHelper, region));
}

LAB_CASE(
    FailoverStack, AgentKilledAtItsMountLeavesNothingBehind, OnTopology("stack-three-node"),
    Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
    Guards("an agent that is killed while the kernel mounts has failed to start: Pacemaker's stop undoes "
           "what it left, the mount that comes late included, nobody is fenced, and once forgiven the "
           "node is a member again")) {
  Stack stack(lab);
  Node& third = lab.node(3);
  const auto writer = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 120s);
  stack.pacemaker().standby(third, true);
  stack.wait_members({1, 2});
  kill_agent_at_its_mount(lab, third);
  const size_t before = lab.events().position();
  lab.step("node 3 back, and its agent dies");
  {
    // A mount takes so many messages of o2dlm that it is still under way when stop comes.
    const Undo slow =
        lab.degrade_both_ways({3}, {1, 2}, {.delay = 500ms, .match = LinkPolicy::Match::tcp_port});
    stack.pacemaker().standby(third, false);
    lab.wait_event("the agent to be killed", before, Stack::kMoved, line_of(3, "the agent is killed"));
    lab.wait_event("the mount to come late", before, Stack::kMoved, line_of(3, "ocfs2: Mounting device"));
  }
  stack.pacemaker().wait_view(
      "the start on node 3 to have failed", Stack::kMoved, [](const PacemakerView& view) {
        const bool failed =
            std::any_of(view.failures.begin(), view.failures.end(),
                        [](const std::string& one) { return one.starts_with("node3 volume_start"); });
        return Seen{failed, fmt::format("{}", fmt::join(view.failures, "; "))};
      });
  stack.wait_members({1, 2});
  lab.wait_until("nothing to be left on node 3", Stack::kMoved, [&] {
    const std::string region = lab.region(third, lab.o2cb().uuid()).remove();
    const bool mounted = Stack::mounted_on(third);
    return Seen{region == "ENOENT" && !mounted, fmt::format("region: {}, mounted: {}", region, mounted)};
  });
  EXPECT_EQ(lab.o2cb().domain_nodes(lab.node(1)), (NodeSet{1, 2}));
  lab.step("node 3 is forgiven");
  stack.pacemaker().forgive(third, Stack::kVolume);
  stack.wait_members({1, 2, 3});
  writer->wait_for(5, 120s);
  writer->stop();
  lab.check_appended(third, *writer);
  expect_nobody_fenced(lab, before);
  stack.let_go();
}

LAB_CASE(FailoverStack, OneOfFiveIsRecoveredAndOneIsSentAway, OnTopology("stack-five-node"), Nodes(5),
         Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("of a clone for eight that runs on five one node dies and is recovered by all four others, a "
                "further one goes to standby without a recovery, and both are members again")) {
  Stack stack(lab);
  const Writers writers(lab, 5, 1);
  const size_t before = lab.events().position();
  const TimePoint killed = lab.kill(lab.node(5));
  stack.expect_recovered(5, before, killed, writers);
  const size_t recovered = lab.events().position();
  lab.step("node 4 to standby");
  stack.pacemaker().standby(lab.node(4), true);
  stack.wait_members({1, 2, 3});
  lab.step("and back");
  stack.pacemaker().standby(lab.node(4), false);
  stack.wait_members({1, 2, 3, 4});
  EXPECT_TRUE(lab.events().since(recovered, line_of(0, "Begin replay journal")).empty());
  stack.bring_back(5);
  stack.wait_members({1, 2, 3, 4, 5});
  writers.survivor->stop();
  lab.check_appended(lab.node(5), *writers.survivor);
  stack.let_go();
}

LAB_CASE(
    FailoverStack, DownWithoutAFenceIsFound, OnTopology("stack-three-node"), UserMode(), Part("10"),
    Nightly(),
    Guards("the negative control of the audit: a dead node whose links go before anybody has confirmed that "
           "it is dead is told by each survivor that called it so")) {
  lab.expect_audit(kFenceBeforeDown, "and nobody had confirmed its fence");
  const auto dying = lab.append(lab.node(3), "/mnt/log3");
  dying->wait_for(10, 120s);
  const size_t before = lab.events().position();
  lab.kill(lab.node(3));
  remove_links_of(lab, 3);
  wait_replayed(lab, 3, before, Stack::kRecovery);
  lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(Stack::kRecovery));
  for (Node* node : lab.survivors()) lab.check_appended(*node, *dying);
}

LAB_CASE(FailoverStack, StandbyAndStopLeaveInOrder, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("a node that goes to standby, and one whose manager is stopped, leave without a fence or a "
                "recovery, and are members again when they come back")) {
  Stack stack(lab);
  const auto writer = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 120s);
  const size_t before = lab.events().position();
  lab.step("node 2 to standby");
  stack.pacemaker().standby(lab.node(2), true);
  stack.wait_members({1, 3});
  EXPECT_EQ(lab.o2cb().domain_nodes(lab.node(2)), NodeSet{});
  EXPECT_EQ(lab.region(lab.node(2), lab.o2cb().uuid()).remove(), "ENOENT");
  lab.step("and back");
  stack.pacemaker().standby(lab.node(2), false);
  stack.wait_members({1, 2, 3});
  lab.step("the manager of node 3 stops");
  stack.pacemaker().stop(lab.node(3));
  stack.wait_members({1, 2});
  EXPECT_EQ(lab.region(lab.node(3), lab.o2cb().uuid()).remove(), "ENOENT");
  lab.step("and starts");
  stack.pacemaker().start({&lab.node(3)});
  stack.wait_members({1, 2, 3});
  writer->wait_for(5, 120s);
  writer->stop();
  for (Node* node : lab.nodes()) lab.check_appended(*node, *writer);
  const auto wrong = lab.events().since(before, [](const Event& event) {
    return asked_for(event) || line_of(0, "Begin replay journal")(event);
  });
  EXPECT_TRUE(wrong.empty()) << wrong.size() << " fences or replays, the first of node "
                             << wrong.front().node;
  stack.let_go();
}

LAB_CASE(
    FailoverStack, DetachedWithTheVolumeMountedStaysAMember, OnTopology("stack-three-node"),
    Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
    Guards("a node in maintenance whose manager is stopped goes on using the volume: the others call it "
           "offline and clean, keep its link, and do not recover it; it is managed again when it is back")) {
  Stack stack(lab);
  Node& third = lab.node(3);
  const auto writer = lab.append(third, "/mnt/log3");
  writer->wait_for(5, 120s);
  const size_t before = lab.events().position();
  const auto maintenance = [&](const std::string& change) {
    lab.node(1).sh("crm_attribute --node node3 --name maintenance " + change, Pacemaker::kNotify);
  };
  lab.step("node 3 to maintenance, and its manager stops");
  maintenance("--update true");
  stack.pacemaker().stop(third);
  stack.pacemaker().wait_view("node 3 to be offline and clean", Stack::kMoved, [](const PacemakerView& view) {
    const auto node = view.nodes.find(3);
    return Seen{node != view.nodes.end() && !node->second.online && !node->second.unclean, "it is not"};
  });
  lab.step("monitors");
  for (Node* node : lab.nodes({1, 2})) monitor(lab, *node);
  wait_links(lab, {1, 2, 3}, 10s);
  writer->wait_for(5, 120s);
  lab.step("its manager starts");
  stack.pacemaker().start({&third});
  stack.pacemaker().wait_online({1, 2, 3}, Stack::kFormed);
  maintenance("--delete");
  stack.wait_members({1, 2, 3});
  writer->stop();
  for (Node* node : lab.nodes()) lab.check_appended(*node, *writer);
  const auto wrong = lab.events().since(before, [](const Event& event) {
    return asked_for(event) || line_of(0, "Begin replay journal")(event);
  });
  EXPECT_TRUE(wrong.empty()) << wrong.size() << " fences or replays, the first of node "
                             << wrong.front().node;
  stack.let_go();
}

}  // namespace
}  // namespace o2lab
