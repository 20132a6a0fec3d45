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
/// to miss a node that has died meanwhile; and with both less than the 120 s after which the kernel complains
/// of a task that waits for the dead node.
constexpr MemberWatch::Patience kForRestarts{.lost = 45s};

/// The watch on all nodes of the case, with the volume mounted.
class Watched {
 public:
  explicit Watched(Lab& lab, const MemberWatch::Patience& patience = {})
      : Watched(lab, patience, {lab.numbers_of(lab.nodes())}) {}
  /// The watches keep volume v on nodes `members[v]`; the fencing of node `delayed` waits for kHeadStart.
  Watched(Lab& lab, const MemberWatch::Patience& patience, const std::vector<NodeSet>& members,
          int delayed = 0)
      : Watched(NotStarted(), lab, patience, members) {
    for (const Node* node : lab.nodes()) watch_.set_volumes(*node, volumes_of(node->number()));
    if (delayed != 0) watch_.delay_fencing(lab.node(delayed), kHeadStart);
    lab.step("corosync and the watch");
    watch_.start(lab.nodes());
    for (int volume = 0; volume < volumes(); ++volume)
      wait_links(lab, members_of(volume), watch_.unlinked_latest(), volume);
    lab.step("mount");
    // One node first, then the others side by side.
    for (const bool first : {true, false})
      for (int volume = 0; volume < volumes(); ++volume)
        on_each(lab.nodes(members_of(volume)), [&](Node& node) {
          if ((node.number() == *members_of(volume).begin()) == first) lab.o2cb().mount(node, volume);
        });
    for (int volume = 0; volume < volumes(); ++volume)
      lab.o2cb().wait_domain(lab.nodes(members_of(volume)), members_of(volume), Deadline::in(kRecovery),
                             volume);
    lab.step("the volumes are mounted everywhere");
  }
  ~Watched() {
    try {
      watch_.keep_logs();
    } catch (const Error&) {
      // The case is over, one way or the other.
    }
  }
  MemberWatch& watch() { return watch_; }

  /// Of each volume all of these that keep it say that they are its members: the links, and o2dlm.
  void wait_members(const NodeSet& expected) {
    for (int volume = 0; volume < volumes(); ++volume) {
      NodeSet left;
      for (const int number : expected)
        if (members_of(volume).count(number) > 0) left.insert(number);
      wait_links(lab_, left, watch_.unlinked_latest(), volume);
      lab_.o2cb().wait_domain(lab_.nodes(left), left, Deadline::in(kRecovery), volume);
    }
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
  void expect_one_asker(size_t position, int by, int node) { expect_askers(position, {by}, node); }
  /// The same, each of `by`.
  void expect_askers(size_t position, const NodeSet& by, int node) {
    NodeSet asked_by;
    for (const Event& event : lab_.events().since(position, asked_for)) {
      EXPECT_EQ(event.node, node);
      asked_by.insert(event.fields.value("by", 0));
    }
    EXPECT_EQ(asked_by, by);
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
  struct NotStarted {};
  /// By itself, so that the logs are kept when the start fails: the object is whole by then.
  Watched(NotStarted, Lab& lab, const MemberWatch::Patience& patience, const std::vector<NodeSet>& members)
      : lab_(lab), watch_(lab.cluster(), lab.hub(), patience), members_(members) {}

  int volumes() const { return static_cast<int>(members_.size()); }
  const NodeSet& members_of(int volume) const { return members_[static_cast<size_t>(volume)]; }
  std::vector<int> volumes_of(int node) const {
    std::vector<int> kept;
    for (int volume = 0; volume < volumes(); ++volume)
      if (members_of(volume).count(node) > 0) kept.push_back(volume);
    return kept;
  }

  Lab& lab_;
  MemberWatch watch_;
  const std::vector<NodeSet> members_;  ///< by volume
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

/// See failover_case.h.
void watch_waits_for_fencing(Lab& lab, HostPower::Supply supply, const NodeSet& askers,
                             const std::function<void(size_t)>& tried) {
  Watched cluster(lab);
  waits_for_fencing(lab, supply, tried, [&](size_t since, TimePoint works, const Writers& writers) {
    cluster.expect_recovered(3, since, works, writers, within(MemberWatch::kFencing));
    cluster.expect_askers(since, askers, 3);
  });
}

/// How long fencing is waited for to be asked for once.
Duration asked_latest(const Lab& lab) {
  return Corosync::detected_latest(lab.topology().nodes) + MemberWatch::Patience().lost +
         MemberWatch::kFencing;
}

LAB_CASE(
    FailoverWatch, FencingThatFailsRemovesNoLink, OnTopology("stack-three-node"), Until(Ready::o2cb),
    UserMode(), Part("10"), Nightly(),
    Guards(
        "as long as the watch's fencing command fails the dead node's links stay, what it held stays "
        "held, and the watch tries on, from the third failure on another node as well, and recovers it with "
        "nothing lost once the command succeeds")) {
  watch_waits_for_fencing(lab, HostPower::Supply::refuses, {1, 2}, [&](size_t since) {
    wait_refused(lab, since, asked_latest(lab));
    const auto by_second = [](const Event& event) {
      return asked_for(event) && event.fields.value("by", 0) == 2;
    };
    const Event second = lab.wait_event("node 2 to ask as well", since, asked_latest(lab), by_second);
    const auto before = lab.events().since(
        since, [&](const Event& event) { return asked_for(event) && event.at < second.at; });
    EXPECT_GE(before.size(), 3u) << "node 2 asked before node 1 had failed three times";
  });
}

LAB_CASE(FailoverWatch, FencingThatComesLate, OnTopology("stack-three-node"), Until(Ready::o2cb), UserMode(),
         Part("10"), Nightly(),
         Guards("as long as the watch's fencing command has not ended the dead node's links stay and what it "
                "held stays held, the command is not run a second time, and recovery follows its success")) {
  const size_t before = lab.events().position();
  watch_waits_for_fencing(lab, HostPower::Supply::holds, {1}, [&](size_t after) {
    lab.wait_event("the watch to ask for node 3 to be fenced", after, asked_latest(lab), asked_for);
    lab.let_pass("the watch may ask again each second only after an answer", 10s);
    EXPECT_EQ(lab.events().since(after, asked_for).size(), 1u);
  });
  EXPECT_EQ(lab.events().since(before, asked_for).size(), 1u)
      << "those that wait for the switch ask after it";
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

LAB_CASE(FailoverWatch, OfTwoThatFenceEachOtherTheDelayedOneDies, OnTopology("stack-three-node"), Nodes(2),
         Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("of two nodes that are cut off from each other each wants the other fenced: the one whose "
                "fencing is delayed is switched off, and until then neither takes the other's link away; the "
                "other recovers it and goes on")) {
  Watched cluster(lab, {}, {{1, 2}}, 2);
  two_fence_each_other(
      lab,
      [&](size_t since) {
        lab.wait_event("the fencing of node 2 to be waiting", since, asked_latest(lab),
                       line_of(2, MemberWatch::kDelayed));
      },
      {asked_latest(lab), MemberWatch::kFencing},
      [&](size_t since, TimePoint works, const Writers& writers) {
        cluster.expect_recovered(2, since, works, writers, within(MemberWatch::kFencing));
      });
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

/// Nobody has called `dead` so, of any volume, before `proven`.
void expect_downs_after(Lab& lab, int dead, size_t since, TimePoint proven, size_t expected) {
  // The trace has a way of its own to the host: what it told before is here once the mark of this call is.
  for (Node* node : lab.survivors()) EXPECT_EQ(lab.calls(*node).write("/dev/null", "."), "ok");
  const auto downs = lab.events().since(since, [dead](const Event& event) {
    return event.source == "trace" && event.kind == "o2hb_node_event" &&
           event.fields.value("event", "") == "down" && event.fields.value("class", "") == "region" &&
           event.fields.value("node", "") == std::to_string(dead);
  });
  EXPECT_EQ(downs.size(), expected);
  for (const Event& down : downs)
    EXPECT_GT(down.at, proven) << "node " << down.node << ", volume " << down.fields.value("region", "");
}

LAB_CASE(
    FailoverWatch, TwoVolumesHaveTheirOwnMembers, OnTopology("stack-three-node"), Volumes(2),
    Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
    Guards(
        "a node that keeps one of two volumes is neither doubted nor fenced nor linked in the other, and "
        "when a node that keeps both dies each volume has it fenced before it calls it dead and recovers")) {
  const size_t begun = lab.events().position();
  Watched cluster(lab, {}, {{1, 2, 3}, {1, 2}});
  const auto not_elsewhere = [&] {
    EXPECT_EQ(lab.region(lab.node(3), lab.o2cb().uuid(1)).remove(), "ENOENT");
  };
  not_elsewhere();
  expect_nobody_fenced(lab, begun);
  const Writers writers(lab, 2, 1);
  const auto dying = lab.append(lab.node(2), "/mnt1/log2");
  const auto survivor = lab.append(lab.node(1), "/mnt1/log1");
  dying->wait_for(30, 120s);
  survivor->wait_for(5, 120s);
  const size_t before = lab.events().position();
  const TimePoint killed = lab.kill(lab.node(2));
  cluster.expect_recovered(2, before, killed, writers);
  lab.wait_until("the journal of node 2 to be replayed on both volumes", kRecovery, [&] {
    const size_t replayed = lab.events().since(before, line_of(0, "End replay journal (node 2")).size();
    return Seen{replayed >= 2, fmt::format("on {}", replayed)};
  });
  survivor->wait_for(20, kRecovery);
  lab.check_appended(lab.node(1), *dying);
  cluster.expect_one_asker(before, 1, 2);
  // Nodes 1 and 3 of the first volume, node 1 of the second.
  const auto proven = lab.events().since(before, switched(2, "ok"));
  ASSERT_FALSE(proven.empty());
  expect_downs_after(lab, 2, before, proven.front().at, 3);
  EXPECT_EQ(lab.events().since(before, asked_for).size(), 1U) << "one fence is the proof for both volumes";
  not_elsewhere();
}

}  // namespace
}  // namespace o2lab
