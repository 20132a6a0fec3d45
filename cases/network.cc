// SPDX-License-Identifier: GPL-2.0-or-later
// A network that is bad rather than gone: slow, lossy, one-sided, flapping, or cut for o2net alone. Who
// decides what, who fences, and what becomes of connections and data.
#include <gtest/gtest.h>

#include "judge/lab.h"
#include "network_case.h"
#include "quorum_row.h"
#include "steps.h"

namespace o2lab {
namespace {

using Match = LinkPolicy::Match;

const NodeSet kThree = {1, 2, 3};
const Links kAllOfThree = {{1, 2}, {1, 3}, {2, 1}, {2, 3}, {3, 1}, {3, 2}};

/// Console lines with `text` of `node` (0: any) since `position`.
size_t count_lines(Lab& lab, size_t position, int node, const std::string& text) {
  return lab.events()
      .since(position,
             [&](const Event& e) {
               return (node == 0 || e.node == node) && e.source == "console" && e.kind == "line" &&
                      e.fields.value("text", "").find(text) != std::string::npos;
             })
      .size();
}

void wait_recovered(Lab& lab, size_t position, const Links& pairs, Duration limit) {
  for (const auto& [observer, peer] : pairs)
    lab.wait_event(fmt::format("node {} to hear node {} again", observer, peer), position, limit,
                   [o = observer, p = peer](const Event& e) {
                     return e.node == o && e.kind == "o2net_connection" &&
                            e.fields.value("event", "") == "recovered" &&
                            e.fields.value("node", "") == std::to_string(p);
                   });
}

LAB_CASE(Network, DelayUnderTheIdleTimeoutDisturbsNobody, Nightly(),
         Guards("frames that take half a second, more or less, and overtake each other: connections stay, "
                "nobody decides anything, locks and writes go on")) {
  SharedWork work(lab);
  const Counted counted(lab, kAllOfThree);
  Row row(lab, {});
  Undo slow = lab.degrade_both_ways(kThree, kThree, {.delay = 500ms, .jitter = 250ms});
  work.wait_for(2, 120s);
  row.judge();
  expect_connections_kept(lab, row.since());
  counted.expect_each("delayed", &PairStats::delayed);
  slow.now();
  work.check();
}

LAB_CASE(Network, DelayOverTheIdleTimeoutIsSilenceThatEnds, Nightly(), Until(Ready::heartbeat),
         FromPart("01"),
         Guards("frames that take longer than the idle timeout: everybody finds everybody silent, hears them "
                "again, and no connection ends, nobody decides")) {
  Row row(lab, {});
  const Undo slow = lab.degrade_both_ways(kThree, kThree, {.delay = lab.topology().idle_timeout + 1s});
  for (const int node : kThree) {
    NodeSet others = kThree;
    others.erase(node);
    row.wait_idle(node, others);
  }
  wait_recovered(lab, row.since(), kAllOfThree, lab.topology().still_up_delay());
  row.judge();
  expect_connections_kept(lab, row.since());
}

LAB_CASE(Network, DelayPastTheDecisionIsALostLink, Until(Ready::heartbeat), Nightly(),
         Guards("a node whose frames come later than the quorum decision is as good as cut off: it fences, "
                "and the others stay")) {
  Row row(lab, {{1, stays(2, 3)}, {2, stays(2, 3)}, {3, fences(1, 3)}});
  const Undo slow =
      lab.degrade_both_ways({3}, {1, 2}, {.delay = 2 * lab.topology().quorum_decision_latest()});
  row.judge();
}

/// Frames get lost, come twice, out of order, late and with flipped bits on every link. Bits of TCP segments
/// only: ARP has no checksum, and real Ethernet would throw such a frame away.
void work_on_a_bad_network(Lab& lab) {
  SharedWork work(lab);
  const Counted counted(lab, kAllOfThree);
  Row row(lab, {});
  Undo bad = lab.degrade_links(kAllOfThree, {.loss = 0.1,
                                             .corrupt = 0.1,
                                             .duplicate = 0.1,
                                             .delay = 5ms,
                                             .jitter = 5ms,
                                             .reorder = 0.1,
                                             .match = Match::tcp_port});
  work.wait_for(10, 180s);
  row.judge();
  expect_connections_kept(lab, row.since());
  counted.expect_each("lost", &PairStats::lost);
  counted.expect_each("corrupted", &PairStats::corrupted);
  counted.expect_each("duplicated", &PairStats::duplicated);
  counted.expect_each("reordered", &PairStats::reordered);
  bad.now();
  work.check();
}

LAB_CASE(
    Network, LossDuplicatesReorderAndFlippedBitsHarmNoData,
    Guards("on a network that loses, repeats, reorders and corrupts segments TCP hides all of it: nobody "
           "decides, and what was written is there, whole and once, on every node")) {
  work_on_a_bad_network(lab);
}

LAB_CASE(Network, LossDuplicatesReorderAndFlippedBitsHarmNoDataInUserMode, UserMode(), Nightly(), Part("10"),
         Guards("the same in user mode, where there is no quorum that could decide")) {
  work_on_a_bad_network(lab);
}

LAB_CASE(Network, LowestThatIsNotHeardStays, Nodes(2), Until(Ready::heartbeat), Nightly(),
         Guards("of two nodes of which 2 does not hear 1 and 1 hears 2, the link is lost for both, and the "
                "higher number fences although it is the one that is heard")) {
  Row row(lab, {{1, stays_with_lowest(1, 2, 1)}, {2, fences_without_lowest(1, 2, 1)}},
          lab.topology().keepalive_delay);
  const Undo mute = lab.cut_one_way({1}, {2});
  row.judge();
}

LAB_CASE(Network, RingOneWayLosesEverybody, Nightly(), Until(Ready::heartbeat),
         Guards("three nodes of which each hears one other and is heard by the third: no link works, each is "
                "alone, all fence")) {
  Row row(lab, {{1, fences(1, 3)}, {2, fences(1, 3)}, {3, fences(1, 3)}}, lab.topology().keepalive_delay);
  const Undo ring = lab.degrade_links({{2, 1}, {3, 2}, {1, 3}}, {.drop = true});
  row.judge();
}

LAB_CASE(Network, BridgeFencesNobodyAndWorkGoesOnOnceHealed, Nightly(), FromPart("01"),
         Guards("two of three that lose only each other both reach a majority over the third, so nobody "
                "fences; what waited for the lost link goes on when it works again")) {
  SharedWork work(lab);
  work.wait_for(3, 60s);
  Row row(lab, {{1, stays(2, 3)}, {3, stays(2, 3)}});
  Undo cut = lab.cut({1}, {3});
  row.judge();
  cut.now();
  // TCP waits twice as long after each loss, so for about as long again as the link was cut.
  wait_recovered(lab, row.since(), {{1, 3}, {3, 1}}, 2 * lab.topology().quorum_decision_latest());
  work.wait_for(3, 60s);
  expect_connections_kept(lab, row.since());
  work.check();
}

LAB_CASE(Network, FlapsUnderTheIdleTimeoutFenceNobody, Nightly(),
         Guards("a node whose links fail for less than the idle timeout again and again: nobody decides, no "
                "connection ends, work goes on")) {
  SharedWork work(lab);
  work.wait_for(3, 60s);
  const Counted counted(lab, {{1, 3}, {2, 3}, {3, 1}, {3, 2}});
  Row row(lab, {});
  for (int flap = 0; flap < 15; ++flap) {
    Undo cut = lab.cut({3}, {1, 2});
    lab.let_pass(fmt::format("flap {}: down", flap), lab.topology().idle_timeout / 10);
    cut.now();
    lab.let_pass("up", lab.topology().idle_timeout / 5);
  }
  row.judge();
  work.wait_for(3, 60s);
  expect_connections_kept(lab, row.since());
  counted.expect_each("dropped", &PairStats::dropped_by_policy);
  work.check();
}

LAB_CASE(Network, FlapsOverTheIdleTimeoutEachCountAnew, Until(Ready::heartbeat), Nightly(), FromPart("01"),
         Guards("links that fall silent, are heard again and fall silent again: the deadline runs from the "
                "last silence, however long all of them were, and then exactly that node fences")) {
  const Links silent = {{1, 3}, {2, 3}, {3, 1}, {3, 2}};
  Row flaps(lab, {});
  for (int flap = 0; flap < 3; ++flap) {
    const size_t before = lab.events().position();
    lab.step(fmt::format("flap {}", flap));
    Row row(lab, {});
    {
      const Undo cut = lab.cut({3}, {1, 2});
      for (const int other : {1, 2}) row.wait_idle(other, {3});
      row.wait_idle(3, {1, 2});
    }
    wait_recovered(lab, before, silent, lab.topology().still_up_delay());
    flaps.expect_undecided();
  }
  lab.step("down for good");
  Row row(lab, {{1, stays(2, 3)}, {2, stays(2, 3)}, {3, fences(1, 3)}});
  const Undo cut = lab.cut({3}, {1, 2});
  row.judge();
}

LAB_CASE(Network, LineTooSlowForAKeepaliveIsLost, Until(Ready::heartbeat), Nightly(),
         Guards("a line on which a keepalive takes longer than the quorum decision is a lost link: the node "
                "behind it fences, and the others stay")) {
  Row row(lab, {{1, stays(2, 3)}, {2, stays(2, 3)}, {3, fences(1, 3)}});
  // The shortest frame with a keepalive is 78 bytes.
  const double rate = 78 / to_seconds(2 * lab.topology().quorum_decision_latest());
  const Undo slow = lab.degrade_both_ways({3}, {1, 2}, {.rate = rate, .queue = 1000});
  row.judge();
}

LAB_CASE(
    Network, LineWithAFullQueueKeepsItsConnections, Nightly(),
    Guards(
        "locks and writes over lines of 3,000 bytes a second that others fill for more than a second time "
        "after time: keepalives wait behind that and still come in time, nobody decides, nothing is lost")) {
  constexpr double kRate = 3000;
  SharedWork work(lab);
  const Counted counted(lab, kAllOfThree);
  Row row(lab, {});
  Undo slow = lab.degrade_both_ways(kThree, kThree, {.rate = kRate, .queue = 6000});
  Bursts bursts(lab);
  work.wait_for(2, 180s);
  row.judge();
  // A ping that starts late has only a part of the burst before it.
  EXPECT_GE(to_seconds(bursts.stop()), Bursts::kBytes / kRate / 2) << "the line was not full";
  expect_connections_kept(lab, row.since());
  counted.expect_each("delayed", &PairStats::delayed);
  slow.now();
  work.check();
}

LAB_CASE(
    Network, O2netPortCutAloneFences, Until(Ready::heartbeat),
    Guards("a node whose o2net port is blocked while everything else gets through, ping and TCP alike, is "
           "cut off all the same: it fences, and the others stay")) {
  Row row(lab, {{1, stays(2, 3)}, {2, stays(2, 3)}, {3, fences(1, 3)}});
  const Undo blocked = lab.degrade_both_ways({3}, {1, 2}, {.drop = true, .match = Match::tcp_port});
  row.wait_idle(3, {1, 2});
  for (const int other : {1, 2}) {
    lab.node(3).sh(fmt::format("ping -c 2 -W 5 10.77.0.{}", other));
    lab.node(3).sh(fmt::format("nc -w 5 10.77.0.{} 22 < /dev/null | grep -q SSH", other));
  }
  row.judge();
}

LAB_CASE(Network, FirstSynLostOnlyDelaysAConnection, Until(Ready::o2cb),
         Guards("the first SYN of every connection is lost when heartbeat starts: all nodes connect all the "
                "same")) {
  const Counted counted(lab, {{2, 1}, {3, 1}, {3, 2}});
  const size_t before = lab.events().position();
  const Undo lost = lab.degrade_both_ways(kThree, kThree, {.drop = true, .match = Match::first_syn});
  lab.o2cb().start_heartbeat_everywhere(lab.nodes());
  counted.expect_each("first SYNs", &PairStats::dropped_by_policy);
  expect_connections_kept(lab, before);
}

LAB_CASE(Network, FirstSynOfAReconnectionLostFencesNobody, Nodes(2), Until(Ready::heartbeat), Nightly(),
         Guards("a connection is reset and the first SYN of the next one is lost: it is made in time, and "
                "nobody decides anything")) {
  const Counted counted(lab, {{2, 1}});
  Row row(lab, {});
  const Undo lost = lab.degrade({2}, {1}, {.drop = true, .match = Match::first_syn});
  {
    const Undo reset = lab.reset_connections(1, 2);
    lab.wait_event("node 2 to lose the connection", row.since(), 10s, line_of(2, "No longer connected to"));
  }
  row.judge();
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(5s));
  counted.expect_each("first SYNs", &PairStats::dropped_by_policy);
}

LAB_CASE(Network, ConnectionAttemptsGoOnAfterTheFirstHasExpired, Nightly(), Until(Ready::o2cb),
         Guards("SYNs that are all lost until the kernel gives the attempt up: it tries again, and all nodes "
                "connect once the network works")) {
  const size_t before = lab.events().position();
  {
    const Undo blocked = lab.degrade_both_ways(kThree, kThree, {.drop = true, .match = Match::tcp_port});
    for (Node* node : lab.nodes()) lab.o2cb().start_heartbeat(*node);
    for (const int node : kThree)
      lab.wait_until(
          fmt::format("node {} to give up on both others", node), lab.topology().idle_timeout + 60s, [&] {
            const size_t lines = count_lines(lab, before, node, "No connection established with node");
            return Seen{lines >= 2, fmt::format("{} lines", lines)};
          });
  }
  lab.o2cb().wait_connected(lab.nodes(), kThree, Deadline::in(60s));
  EXPECT_EQ(count_lines(lab, before, 0, "fencing this node"), 0u);
}

LAB_CASE(Network, NobodyDecidesInUserMode, Nightly(), UserMode(), Part("10"),
         Guards("in user mode a node that loses both its peers is for userspace to judge: no node decides or "
                "fences, and the others go on once it is powered off and its link is gone")) {
  Row row(lab, {});
  const Undo cut = lab.cut({3}, {1, 2});
  for (const int other : {1, 2}) row.wait_idle(other, {3});
  row.wait_idle(3, {1, 2});
  row.judge();
  lab.step("userspace fences node 3");
  lab.kill(lab.node(3));
  const std::string uuid = lab.o2cb().uuid();
  for (Node* node : lab.survivors())
    EXPECT_EQ(lab.region(*node, uuid).unlink(3), fmt::format("ok, {0} 3 down, global 3 down", uuid));
  for (Node* node : lab.survivors()) {
    const auto writer = lab.append(*node, "/mnt/after-" + node->name());
    writer->wait_for(10, 60s);
    writer->stop();
    lab.check_appended(*node, *writer);
  }
}

}  // namespace
}  // namespace o2lab
