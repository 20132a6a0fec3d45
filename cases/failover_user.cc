// SPDX-License-Identifier: GPL-2.0-or-later
// User mode with volumes mounted: members come, work, die and leave as links say, and wrong orders do no
// harm.
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"
#include "steps.h"

namespace o2lab {
namespace {

/// Recovery of a domain and a journal once the link is gone: 1 to 3 s, on a loaded host more.
constexpr Duration kRecovery = 30s;

void wait_line(Lab& lab, int node, const std::string& what, size_t position, const std::string& text) {
  lab.wait_event(fmt::format("node {} to say {}", node, what), position, 10s, line_of(node, text));
}

LAB_CASE(FailoverUser, KilledOfTwoIsRecoveredWhenItsLinkGoes, Nodes(2), UserMode(), Part("10"),
         Guards("a node that dies is recovered when its link is removed and not before, and nothing it had "
                "acknowledged is lost")) {
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  const auto held = lab.lock(lab.node(2), "/mnt/lock");
  held->wait_granted(30s);
  const auto wanted = lab.lock(lab.node(1), "/mnt/lock");
  writer->wait_for(30, 90s);
  lab.step("kill node 2");
  lab.kill(lab.node(2));
  lab.let_pass("nobody may be recovered as long as its link is there", 5s);
  EXPECT_FALSE(wanted->granted());
  EXPECT_EQ(lab.o2cb().domain_nodes(lab.node(1)), (NodeSet{1, 2}));
  const TimePoint removed = Clock::now();
  remove_links_of(lab, 2);
  wanted->wait_granted(kRecovery);
  lab.interval("link removed to the dead node's lock granted", wanted->granted_at() - removed,
               within(kRecovery));
  lab.o2cb().wait_domain(lab.nodes({1}), {1}, Deadline::in(kRecovery));
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(FailoverUser, KilledOfThreeIsRecoveredAndComesBack, UserMode(), Part("10"),
         Guards("two survivors replay the journal of a third and work on, and it joins again under its "
                "number once its "
                "recovery is over")) {
  const auto dying = lab.append(lab.node(3), "/mnt/log3");
  const auto survivor = lab.append(lab.node(1), "/mnt/log1");
  dying->wait_for(30, 90s);
  survivor->wait_for(5, 60s);
  lab.step("kill node 3");
  const TimePoint killed = lab.kill(lab.node(3));
  const size_t before = lab.events().position();
  remove_links_of(lab, 3);
  lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(kRecovery));
  survivor->wait_for(20, 60s);
  lab.interval("longest stall of the writer on node1", survivor->longest_stall(killed), within(kRecovery));
  lab.check_appended(lab.node(1), *dying);
  lab.check_appended(lab.node(2), *dying);
  lab.wait_event("a survivor to replay the journal of node 3", before, 10s,
                 line_of(0, "Begin replay journal (node 3"));
  lab.step("node 3 comes back");
  lab.restart(lab.node(3));
  on_each(lab.nodes({1, 2}), [&](Node& node) {
    EXPECT_EQ(lab.region(node, lab.o2cb().uuid()).link(3),
              fmt::format("ok, {} 3 up, global 3 up", lab.o2cb().uuid()));
  });
  lab.o2cb().start_heartbeat(lab.node(3));
  lab.o2cb().mount(lab.node(3));
  lab.o2cb().wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(kRecovery));
  survivor->stop();
  lab.check_appended(lab.node(3), *survivor);
}

/// Takes new cluster locks as fast as it can, in a folder that the other nodes read.
std::unique_ptr<RemoteProcess> takes_new_locks(Node& node) {
  return node.start(
      fmt::format("mkdir -p /mnt/new && i=0; while :; do i=$((i + 1)); : > /mnt/new/{0}-$i && ls /mnt/new > "
                  "/dev/null; done",
                  node.name()));
}

/// Node 3 of three dies in the middle of its work; `first` hears so long after, `second` `apart` later still.
void death_is_heard_apart(Lab& lab, int first, int second, Duration apart) {
  const auto dying = lab.append(lab.node(3), "/mnt/log3");
  const auto survivor = lab.append(lab.node(second), "/mnt/log");
  dying->wait_for(30, 90s);
  survivor->wait_for(5, 60s);
  std::vector<std::unique_ptr<RemoteProcess>> busy;
  for (Node* node : lab.nodes()) busy.push_back(takes_new_locks(*node));
  lab.let_pass("all nodes take locks", 3s);
  lab.step("kill node 3");
  lab.kill(lab.node(3));
  // What is mastered now waits for the answer of a dead node.
  lab.let_pass("locks are asked of the dead node", 10s);
  for (const int node : {first, second}) {
    if (node == second) lab.let_pass("one survivor alone knows of the death", apart);
    EXPECT_EQ(lab.region(lab.node(node), lab.o2cb().uuid()).unlink(3),
              fmt::format("ok, {0} 3 down, global 3 down", lab.o2cb().uuid()));
  }
  lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(kRecovery));
  survivor->wait_for(20, 60s);
  busy.clear();
  survivor->stop();
  for (const int node : {1, 2}) {
    lab.check_appended(lab.node(node), *dying);
    lab.check_appended(lab.node(node), *survivor);
  }
}

LAB_CASE(
    FailoverUser, DeathIsHeardFirstByTheLowest, UserMode(), Part("10"), Nightly(),
    Guards("a survivor that hears of a death seconds after another takes part in the recovery, and no lock "
           "that was asked for in between is stuck")) {
  death_is_heard_apart(lab, 1, 2, 3s);
}

LAB_CASE(
    FailoverUser, DeathIsHeardLastByTheLowest, UserMode(), Part("10"), Nightly(),
    Guards("a survivor that recovers a death before the lowest node has heard of it does so, and no lock "
           "that was asked for in between is stuck")) {
  death_is_heard_apart(lab, 2, 1, 3s);
}

LAB_CASE(FailoverUser, TwoOfFiveAreRecoveredAsTheirLinksGo, Nodes(5), UserMode(), Part("10"), Nightly(),
         Guards("three of five nodes recover two that died at the same moment, one after the other as their "
                "links go, and lose none of their acknowledged writes")) {
  two_of_five_die(lab, kRecovery, kRecovery, [&] {
    for (const int dead : {4, 5}) remove_links_of(lab, dead);
  });
}

LAB_CASE(FailoverUser, LeavesInOrderAndJoinsAgain, Nodes(2), UserMode(), Part("10"),
         Guards("umount, own link, peers' links, region: a node that leaves in this order is gone everywhere "
                "without a "
                "recovery, and may come again")) {
  const std::string uuid = lab.o2cb().uuid();
  const auto writer = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 60s);
  lab.o2cb().umount(lab.node(2));
  UserRegion region = lab.region(lab.node(2), uuid);
  EXPECT_EQ(region.unlink(2), fmt::format("ok, {0} 2 down, global 2 down", uuid));
  EXPECT_EQ(region.unlink(1), fmt::format("ok, {0} 1 down, global 1 down", uuid));
  EXPECT_EQ(region.remove(), "ok");
  UserRegion other = lab.region(lab.node(1), uuid);
  EXPECT_EQ(other.unlink(2), fmt::format("ok, {0} 2 down, global 2 down", uuid));
  lab.o2cb().wait_domain(lab.nodes({1}), {1}, Deadline::in(kRecovery));
  writer->wait_for(5, 60s);
  lab.step("node 2 joins again");
  EXPECT_EQ(other.link(2), fmt::format("ok, {0} 2 up, global 2 up", uuid));
  lab.o2cb().start_heartbeat(lab.node(2));
  lab.o2cb().mount(lab.node(2));
  lab.o2cb().wait_domain(lab.nodes(), {1, 2}, Deadline::in(kRecovery));
  writer->stop();
  lab.check_appended(lab.node(2), *writer);
}

LAB_CASE(FailoverUser, MountNeedsTheOwnNodeInItsRegion, Nodes(2), Until(Ready::o2cb), UserMode(), Part("10"),
         Guards("a mount with no region, an empty one or one without the own node fails at once and says "
                "which region, "
                "so that two such mounts never run side by side")) {
  const std::string uuid = lab.o2cb().uuid();
  Node& first = lab.node(1);
  UserRegion region = lab.region(first, uuid);
  first.sh("mkdir -p /mnt");
  const auto refused = [&](const char* state) {
    const size_t before = lab.events().position();
    const TimePoint start = Clock::now();
    const std::string result = failed_mount(lab, first);
    EXPECT_NE(result.rfind("ok", 0), 0u) << state << ": " << result;
    lab.interval(fmt::format("mount with {} to its failure", state), Clock::now() - start, within(10s));
    wait_line(lab, 1, "which region a mount lacks", before, uuid);
    EXPECT_EQ(lab.o2cb().domain_nodes(first), NodeSet{}) << state;
  };
  refused("no region");
  ASSERT_EQ(region.make(), "ok");
  refused("an empty region");
  ASSERT_EQ(region.link(2), fmt::format("ok, {} 2 up, global 2 up", uuid));
  refused("a region without the own node");
  ASSERT_EQ(region.unlink(2), fmt::format("ok, {} 2 down, global 2 down", uuid));
  UserRegion elsewhere = lab.region(first, "ELSEWHERE");
  ASSERT_EQ(elsewhere.make(), "ok");
  ASSERT_EQ(elsewhere.link(1), "ok, ELSEWHERE 1 up, global 1 up");
  refused("the own node in another region only");
  lab.step("and with it");
  ASSERT_EQ(region.link(1), fmt::format("ok, {} 1 up", uuid));
  EXPECT_EQ(failed_mount(lab, first), "ok");
}

LAB_CASE(FailoverUser, OwnLinkFirstDoesNoHarmBeforeTheMount, Nodes(2), Until(Ready::o2cb), UserMode(),
         Part("10"),
         Guards("links made in the wrong order come to the same members, as long as all are there before the "
                "mount")) {
  const std::string uuid = lab.o2cb().uuid();
  on_each(lab.nodes(), [&](Node& node) {
    UserRegion region = lab.region(node, uuid);
    EXPECT_EQ(region.make(), "ok");
    for (const int number : {node.number(), 3 - node.number()})
      EXPECT_EQ(region.link(number), fmt::format("ok, {0} {1} up, global {1} up", uuid, number));
  });
  lab.o2cb().mount(lab.node(1));
  lab.o2cb().mount(lab.node(2));
  lab.o2cb().wait_domain(lab.nodes(), {1, 2}, Deadline::in(kRecovery));
}

LAB_CASE(FailoverUser, MountWithoutAConnectionNamesTheNode, Nightly(), Nodes(2), Until(Ready::o2cb),
         UserMode(), Part("10"),
         Guards("a node whose link is missing on a member is refused by that member, so its mount ends in "
                "ENOTCONN after "
                "the wait and names the member")) {
  const std::string uuid = lab.o2cb().uuid();
  UserRegion first = lab.region(lab.node(1), uuid);
  ASSERT_EQ(first.make(), "ok");
  ASSERT_EQ(first.link(1), fmt::format("ok, {0} 1 up, global 1 up", uuid));
  lab.o2cb().mount(lab.node(1));
  lab.o2cb().start_heartbeat(lab.node(2));
  lab.node(2).sh("mkdir -p /mnt");
  const size_t before = lab.events().position();
  const TimePoint start = Clock::now();
  EXPECT_EQ(failed_mount(lab, lab.node(2)), "ENOTCONN");
  // o2cb_cluster_check() looks once a second, sixty times.
  lab.interval("mount to ENOTCONN", Clock::now() - start, between(58s, 80s));
  wait_line(lab, 2, "which node it is not connected to", before, "could not connect to nodes: 1");
  EXPECT_EQ(lab.o2cb().domain_nodes(lab.node(1)), NodeSet{1});
  lab.step("once the link is there it mounts");
  EXPECT_EQ(first.link(2), fmt::format("ok, {0} 2 up, global 2 up", uuid));
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(lab.topology().idle_timeout + 10s));
  EXPECT_EQ(failed_mount(lab, lab.node(2)), "ok");
}

LAB_CASE(FailoverUser, WhatAMountDependsOnStays, Nodes(1), UserMode(), Part("10"),
         Guards("the region of a mounted volume, the own node and its local flag cannot be taken away under "
                "the mount, and "
                "can after it")) {
  const std::string uuid = lab.o2cb().uuid();
  const std::string node = o2cb_script::cluster_dir(lab.topology()) + "/node/node1";
  ConfigCalls calls = lab.calls(lab.node(1));
  UserRegion region = lab.region(lab.node(1), uuid);
  EXPECT_EQ(region.remove(), "EBUSY");
  EXPECT_EQ(calls.rmdir(node), "EBUSY");
  EXPECT_EQ(calls.write(node + "/local", "0"), "EBUSY");
  EXPECT_EQ(calls.write(o2cb_script::kHeartbeatMode, "disk"), "EBUSY");
  EXPECT_EQ(region.links(), "node1");
  lab.o2cb().umount(lab.node(1));
  EXPECT_EQ(region.remove(), "ENOTEMPTY");
  EXPECT_EQ(region.unlink(1), fmt::format("ok, {0} 1 down, global 1 down", uuid))
      << "nothing is mounted: no fence";
  EXPECT_EQ(region.remove(), "ok");
}

LAB_CASE(FailoverUser, QuorumIsNotTheKernelsBusiness, Nightly(), UserMode(), Part("10"),
         Guards("in user mode a node that loses its connections does not fence itself: the cluster manager "
                "decides, and the "
                "node works on once it is connected again")) {
  const auto writer = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 60s);
  {
    const Undo cut = lab.cut({3}, {1, 2});
    lab.let_pass("time for a quorum decision", lab.topology().quorum_decision_latest() + 5s);
  }
  EXPECT_EQ(lab.survivors().size(), 3u);
  lab.o2cb().wait_connected(lab.nodes(), {1, 2, 3}, Deadline::in(60s));
  writer->wait_for(5, 60s);
  writer->stop();
  lab.check_appended(lab.node(3), *writer);
  EXPECT_EQ(lab.o2cb().domain_nodes(lab.node(3)), (NodeSet{1, 2, 3}));
}

LAB_CASE(FailoverUser, DownBeforeFencingCorrupts, Nodes(2), UserMode(), Part("10"), WithoutUmount(),
         Guards("the negative control: a link removed while its node still runs starts the replay of a "
                "journal that is in "
                "use, which is why the agent must see a node dead first")) {
  lab.expect_audit("no_write_after_fence", "node2 wrote to shared0 after node1");
  const std::string uuid = lab.o2cb().uuid();
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(10, 60s);
  const size_t before = lab.events().position();
  EXPECT_EQ(lab.region(lab.node(1), uuid).unlink(2), fmt::format("ok, {0} 2 down, global 2 down", uuid));
  lab.wait_event("node 1 to replay the journal of the living node 2", before, kRecovery,
                 line_of(1, "Begin replay journal (node 2"));
  lab.o2cb().wait_domain(lab.nodes({1}), {1}, Deadline::in(kRecovery));
  EXPECT_EQ(lab.o2cb().domain_nodes(lab.node(2)), (NodeSet{1, 2})) << "node 2 knows nothing of it";
  EXPECT_EQ(lab.survivors().size(), 2u);
}

}  // namespace
}  // namespace o2lab
