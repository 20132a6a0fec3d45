// SPDX-License-Identifier: GPL-2.0-or-later
// `o2member watch` keeps the members with corosync alone, without Pacemaker: its fencing command is the lab's
// power switch. The order fence, down, replay of every failover is the audit fence_before_down.
#include <gtest/gtest.h>

#include "cluster/member_watch.h"
#include "failover_case.h"

namespace o2lab {
namespace {

/// From the last link's removal to the end of the recovery.
constexpr Duration kRecovery = 60s;
/// Of a watch or a corosync that is started again within it: longer than that takes, and than corosync takes
/// to miss a node that has died meanwhile.
constexpr MemberWatch::Patience kForRestarts{.lost = 60s};

bool asked_for(const Event& event) {
  return event.source == "power" && event.kind == "asked";
}

/// The watch on all nodes of the case, with the volume mounted.
class Watched {
 public:
  explicit Watched(Lab& lab, const MemberWatch::Patience& patience = {})
      : lab_(lab), watch_(lab.cluster(), lab.hub(), patience) {
    const NodeSet all = lab.numbers_of(lab.nodes());
    lab.step("corosync and the watch");
    watch_.start(lab.nodes());
    wait_links(lab, all, watch_.unlinked_latest());
    lab.step("mount");
    lab.o2cb().mount(lab.node(1));
    on_each(lab.nodes({2, 3}), [&](Node& node) { lab.o2cb().mount(node); });
    lab.o2cb().wait_domain(lab.nodes(), all, Deadline::in(kRecovery));
    lab.step("the volume is mounted everywhere");
  }
  ~Watched() {
    try {
      watch_.keep_logs();
    } catch (const Error&) {
      // The case is over, one way or the other.
    }
  }
  MemberWatch& watch() { return watch_; }

  /// All of these say that they are the members: the links, and o2dlm.
  void wait_members(const NodeSet& expected) {
    wait_links(lab_, expected, watch_.unlinked_latest());
    lab_.o2cb().wait_domain(lab_.nodes(expected), expected, Deadline::in(kRecovery));
  }
  void expect_recovered(int dead, size_t since, TimePoint at, const Writers& writers) {
    expect_recovered(dead, since, at, writers, between(watch_.fenced_earliest(), watch_.fenced_latest()));
  }
  void expect_recovered(int dead, size_t since, TimePoint at, const Writers& writers, Window fenced) {
    const Duration moved = watch_.unlinked_latest() + kRecovery;
    o2lab::expect_recovered(lab_, dead, since, at,
                            {.fenced = fenced,
                             .stall = fenced.within + MemberWatch::kTold + kRecovery,
                             .moved = moved,
                             .recovery = kRecovery},
                            writers, [this](const NodeSet& left) { wait_members(left); });
  }
  /// Since `position` exactly `node` was to be fenced, and `by` asked for it.
  void expect_one_asker(size_t position, int by, int node) {
    const auto asked = lab_.events().since(position, asked_for);
    EXPECT_FALSE(asked.empty());
    for (const Event& event : asked) {
      EXPECT_EQ(event.node, node);
      EXPECT_EQ(event.fields.value("by", 0), by);
    }
  }
  /// A node that died comes back as an operator does it: power, o2cb, corosync, the watch, mount.
  void bring_back(int number) {
    lab_.step(fmt::format("node {} comes back", number));
    lab_.restart(lab_.node(number));
    watch_.start({&lab_.node(number)});
    wait_links(lab_, lab_.numbers_of(lab_.survivors()), watch_.unlinked_latest());
    lab_.o2cb().mount(lab_.node(number));
  }

 private:
  Lab& lab_;
  MemberWatch watch_;
};

LAB_CASE(
    FailoverWatch, KilledIsFencedThenUnlinkedThenReplayed, OnTopology("stack-three-node"), Until(Ready::o2cb),
    UserMode(), Part("10"), Nightly(),
    Guards("without Pacemaker a node dies: the watch has it fenced, its link goes everywhere, its journal "
           "is replayed, nothing is lost, and it joins again")) {
  Watched cluster(lab);
  LockOfTheDying lock(lab, 3, 2);
  const Writers writers(lab, 3, 1);
  const size_t before = lab.events().position();
  const TimePoint killed = lab.kill(lab.node(3));
  lock.expect_granted(
      killed, between(cluster.watch().fenced_earliest(), cluster.watch().unlinked_latest() + kRecovery));
  cluster.expect_recovered(3, before, killed, writers);
  cluster.expect_one_asker(before, 1, 3);
  cluster.bring_back(3);
  cluster.wait_members({1, 2, 3});
  writers.survivor->stop();
  lab.check_appended(lab.node(3), *writers.survivor);
}

/// Node 3 dies, and as long as `supply` is what it is nobody may act upon it.
void waits_for_fencing(Lab& lab, HostPower::Supply supply, const std::function<void(size_t)>& wait_tried) {
  Watched cluster(lab);
  const auto held = lab.lock(lab.node(3), "/mnt/lock");
  held->wait_granted(60s);
  const auto wanted = lab.lock(lab.node(1), "/mnt/lock");
  const Writers writers(lab, 3, 1);
  HostPower& power = lab.cluster().host_power();
  power.set(supply);
  const size_t before = lab.events().position();
  lab.kill(lab.node(3));
  wait_tried(before);
  lab.let_pass("nobody may be recovered before it is fenced", 10s);
  for (Node* node : lab.survivors()) {
    EXPECT_EQ(links_on(lab, *node), "node1 node2 node3") << node->name();
    EXPECT_EQ(lab.o2cb().domain_nodes(*node), (NodeSet{1, 2, 3})) << node->name();
  }
  EXPECT_FALSE(wanted->granted());
  lab.step("fencing works");
  const TimePoint works = Clock::now();
  power.set(HostPower::Supply::works);
  cluster.expect_recovered(3, before, works, writers, within(MemberWatch::kFencing));
  wanted->wait_granted(kRecovery);
  cluster.expect_one_asker(before, 1, 3);
}

/// How long fencing is waited for to be asked for once.
Duration asked_latest(const Lab& lab) {
  return Corosync::detected_latest(lab.topology().nodes) + MemberWatch::Patience().lost +
         MemberWatch::kFencing;
}

LAB_CASE(FailoverWatch, FencingThatFailsRemovesNoLink, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("as long as the watch's fencing command fails the dead node's links stay, what it held stays "
                "held, and the watch tries on and recovers it with nothing lost once the command succeeds")) {
  waits_for_fencing(lab, HostPower::Supply::refuses, [&](size_t after) {
    for (const char* which : {"first", "second", "third"}) {
      lab.wait_event(fmt::format("the watch to fail to fence node 3 a {} time", which), after,
                     asked_latest(lab), switched(3, "failed"));
      after = lab.events().position();
    }
  });
}

LAB_CASE(FailoverWatch, FencingThatComesLate, OnTopology("stack-three-node"), Until(Ready::o2cb), UserMode(),
         Part("10"), Nightly(),
         Guards("as long as the watch's fencing command has not ended the dead node's links stay and what it "
                "held stays held, the command is not run a second time, and recovery follows its success")) {
  waits_for_fencing(lab, HostPower::Supply::holds, [&](size_t after) {
    lab.wait_event("the watch to ask for node 3 to be fenced", after, asked_latest(lab), asked_for);
    lab.let_pass("the watch may ask again each second only after an answer", 10s);
    EXPECT_EQ(lab.events().since(after, asked_for).size(), 1u);
  });
}

LAB_CASE(FailoverWatch, SplitIsDecidedByFencing, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("a node that is cut off from both others, the one that asks for fencing as long as it is "
                "there, is fenced by them before they go on, and asks for nothing without quorum")) {
  Watched cluster(lab);
  const Writers writers(lab, 1, 2);
  HostPower& power = lab.cluster().host_power();
  power.set(HostPower::Supply::holds);
  const size_t before = lab.events().position();
  const Undo cut = lab.cut({1}, {2, 3});
  lab.wait_event("node 2 to ask for node 1 to be fenced", before, asked_latest(lab), asked_for);
  cluster.watch().corosync().wait_members({&lab.node(1)}, {1});
  lab.let_pass("what node 1 would ask for without quorum", MemberWatch::Patience().lost + 10s);
  cluster.expect_one_asker(before, 2, 1);
  const Window latest = within(MemberWatch::kFencing);
  auto fence = lab.expect_fence(lab.node(1), Cause::host_power, latest);
  const TimePoint works = Clock::now();
  power.set(HostPower::Supply::works);
  fence.wait();
  cluster.expect_recovered(1, before, works, writers, latest);
  cluster.expect_one_asker(before, 2, 1);
}

LAB_CASE(FailoverWatch, CorosyncKilledAndStartedAgain, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("a node whose corosync dies and is back within the watch's patience stays a member with its "
                "volume mounted, is fenced by nobody, and has the next dead node fenced as before")) {
  Watched cluster(lab, kForRestarts);
  MemberWatch& watch = cluster.watch();
  const Writers writers(lab, 3, 1);
  const size_t before = lab.events().position();
  watch.corosync().kill(lab.node(1));
  watch.corosync().start_again(lab.node(1));
  watch.corosync().wait_members(lab.nodes(), {1, 2, 3});
  watch.wait_connected(lab.node(1), 2);
  nobody_misses_anybody(lab, before);
  lab.step("node 3 dies");
  const TimePoint killed = lab.kill(lab.node(3));
  cluster.expect_recovered(3, before, killed, writers);
  cluster.expect_one_asker(before, 1, 3);
  EXPECT_EQ(lab.survivors().size(), 2u);
}

LAB_CASE(FailoverWatch, WatchKilledAndStartedAgain, OnTopology("stack-three-node"), Until(Ready::o2cb),
         UserMode(), Part("10"), Nightly(),
         Guards("a watch that dies and is started again within its patience takes its members from configfs: "
                "its node is fenced by nobody, and a node that has died meanwhile is still recovered")) {
  Watched cluster(lab, kForRestarts);
  MemberWatch& watch = cluster.watch();
  const Writers writers(lab, 3, 1);
  const size_t before = lab.events().position();
  lab.step("the watch of node 1 and node 3 die");
  watch.kill(lab.node(1));
  const TimePoint killed = lab.kill(lab.node(3));
  watch.corosync().wait_members(lab.nodes({1, 2}), {1, 2});
  EXPECT_EQ(links_on(lab, lab.node(1)), "node1 node2 node3");
  lab.step("the watch of node 1 is started again");
  watch.start_again(lab.node(1));
  watch.wait_connected(lab.node(1), 2);
  // Its patience begins when it is back.
  const Window fenced =
      between(watch.fenced_earliest(), watch.fenced_latest() + Corosync::formed_latest(lab.cluster().size()));
  cluster.expect_recovered(3, before, killed, writers, fenced);
  cluster.expect_one_asker(before, 1, 3);
  EXPECT_EQ(lab.survivors().size(), 2u);
}

}  // namespace
}  // namespace o2lab
