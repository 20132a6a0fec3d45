// SPDX-License-Identifier: GPL-2.0-or-later
// What nodes make of lost connections in disk mode, row by row of o2quo_make_decision()'s table
// (fs/ocfs2/cluster/quorum.c): who stays, who fences, who has nothing to decide. The rows that a cut along
// one line shows are in fencing.cc.
#include "quorum_row.h"
#include "steps.h"

namespace o2lab {
namespace {

LAB_CASE(Quorum, EachOfThreeAloneFences, Until(Ready::heartbeat),
         Guards("of three nodes that all lose each other none has a majority, so none stays")) {
  Row row(lab, {{1, fences(1, 3)}, {2, fences(1, 3)}, {3, fences(1, 3)}});
  const Undo cut = lab.cut({1, 2, 3}, {1, 2, 3});
  row.judge();
}

LAB_CASE(Quorum, LowestDoesNotSaveAMinorityOfFive, Nodes(5), Until(Ready::heartbeat), Nightly(),
         Guards("two of five nodes fence although the lowest is among them, and the other three stay")) {
  Row row(lab, {{1, fences(2, 5)}, {2, fences(2, 5)}, {3, stays(3, 5)}, {4, stays(3, 5)}, {5, stays(3, 5)}});
  const Undo cut = lab.cut({1, 2}, {3, 4, 5});
  row.judge();
}

LAB_CASE(Quorum, LowestDoesNotSaveOneOfFour, Nodes(4), Until(Ready::heartbeat), Nightly(),
         Guards("the lowest of four nodes fences when it is alone, as one of four is less than half")) {
  Row row(lab, {{1, fences(1, 4)}, {2, stays(3, 4)}, {3, stays(3, 4)}, {4, stays(3, 4)}});
  const Undo cut = lab.cut({1}, {2, 3, 4});
  row.judge();
}

LAB_CASE(
    Quorum, EachNodeOfAChainDecidesForItself, Nightly(), Nodes(4), Until(Ready::heartbeat),
    Guards("of a chain 3-1-2-4 the end that reaches half of the nodes with the lowest stays, the end that "
           "reaches half without it fences, and the middle is a majority")) {
  Row row(lab, {{1, stays(3, 4)},
                {2, stays(3, 4)},
                {3, stays_with_lowest(2, 4, 1)},
                {4, fences_without_lowest(2, 4, 1)}});
  const Undo first = lab.cut({4}, {1, 3});
  const Undo second = lab.cut({3}, {2});
  row.judge();
}

LAB_CASE(
    Quorum, LinkThatWorksOneWayIsLost, Until(Ready::heartbeat), Nightly(),
    Guards("a node that one peer does not hear and that does not hear the other has lost both, and fences")) {
  Row row(lab, {{1, stays(2, 3)}, {2, stays(2, 3)}, {3, fences(1, 3)}}, lab.topology().keepalive_delay);
  const Undo deaf = lab.cut_one_way({2}, {3});
  const Undo mute = lab.cut_one_way({3}, {1});
  row.judge();
}

LAB_CASE(
    Quorum, SilenceThatEndsInTimeIsForgotten, Nightly(), Until(Ready::heartbeat),
    Guards("links that fall silent and are heard again before the deadline lead to no decision, and count "
           "again in the next one: of three nodes two that lose only each other stay")) {
  Row row(lab, {});
  {
    const Undo cut = lab.cut({3}, {1, 2});
    for (const int other : {1, 2}) row.wait_idle(other, {3});
    row.wait_idle(3, {1, 2});
  }
  // TCP sends again at intervals that double, so it is silent for about as long again.
  const Duration latest = 2 * lab.topology().idle_timeout;
  if (has_tracepoints(lab)) {
    for (const auto& [observer, peer] : {std::pair(1, 3), std::pair(2, 3), std::pair(3, 1), std::pair(3, 2)})
      lab.wait_event(fmt::format("node {} to hear node {} again", observer, peer), row.since(), latest,
                     [o = observer, p = peer](const Event& e) {
                       return e.node == o && e.kind == "o2net_connection" &&
                              e.fields.value("event", "") == "recovered" &&
                              e.fields.value("node", "") == std::to_string(p);
                     });
  } else {
    lab.let_pass("time to hear each other again", latest);
  }
  row.expect_undecided();
  Row next(lab, {{2, stays(2, 3)}, {3, stays(2, 3)}});
  const Undo cut = lab.cut({2}, {3});
  // Counted from the second cut, so one that the first left behind would be too early.
  next.judge();
}

LAB_CASE(
    Quorum, WhoLeavesDuringTheHoldDoesNotCount, Nightly(), Until(Ready::heartbeat),
    Guards("a node that stops its heartbeat while the others hold their decision is not counted: with it "
           "node 1 would fence, without it node 2 does")) {
  Row row(lab, {{1, stays_with_lowest(1, 2, 1)}, {2, fences_without_lowest(1, 2, 1)}});
  const Undo cut = lab.cut({1}, {2, 3});
  row.wait_idle(1, {2, 3});
  row.wait_idle(2, {1});
  lab.o2cb().stop_heartbeat(lab.node(3));
  lab.o2cb().wait_live(lab.nodes({1, 2}), {1, 2}, Deadline::in(8s));
  row.judge();
}

LAB_CASE(Quorum, WhoDiesDuringTheHoldDoesNotCount, Until(Ready::heartbeat), Nightly(),
         Guards("a node that dies while the others hold their decision is not counted: with it node 1 would "
                "fence, without it node 2 does")) {
  Row row(lab, {{1, stays_with_lowest(1, 2, 1)}, {2, fences_without_lowest(1, 2, 1)}});
  const Undo cut = lab.cut({1}, {2, 3});
  lab.kill(lab.node(3));
  row.judge();
}

LAB_CASE(Quorum, WhoIsGoneTakesItsHoldAlong, Until(Ready::heartbeat), Nightly(),
         Guards("lost nodes that stop their heartbeat or die before the deadline leave nothing to decide")) {
  Row row(lab, {});
  const Undo cut = lab.cut({1}, {2});
  lab.kill(lab.node(3));
  row.wait_idle(1, {2, 3});
  row.wait_idle(2, {1});
  lab.o2cb().stop_heartbeat(lab.node(2));
  row.judge();
  EXPECT_EQ(lab.o2cb().live_nodes(lab.node(1)), NodeSet{1});
}

LAB_CASE(Quorum, WhoComesDuringTheHoldMustConnectFirst, Nightly(), Until(Ready::o2cb),
         Guards("a node that begins to heartbeat while others hold their decision counts at once where it "
                "connects, and keeps the others from deciding until it has")) {
  lab.o2cb().start_heartbeat_everywhere(lab.nodes({1, 2}));
  Row row(lab, {{2, stays(2, 3)}});
  const Undo cut = lab.cut({1}, {2});
  Undo newcomer = lab.cut({1}, {3});
  lab.o2cb().start_heartbeat(lab.node(3));
  lab.o2cb().wait_live(lab.nodes(), {1, 2, 3}, Deadline::in(10s));
  row.wait_idle(1, {2});
  row.wait_idle(2, {1});
  row.judge();
  lab.step("node 3 connects to node 1, which then has nobody to wait for");
  Row next(lab, {{1, stays(2, 3)}}, within(lab.topology().idle_timeout + 4s + kHostSlack));
  newcomer.now();
  next.judge(false);
}

/// The connection between the two is reset; ends when `second` knows.
void reset_connection(Lab& lab, const Row& row, int first, int second) {
  const Undo reset = lab.reset_connections(first, second);
  lab.wait_event(fmt::format("node {} to lose the connection", second), row.since(), 5s,
                 line_of(second, "No longer connected to"));
}

LAB_CASE(
    Quorum, ConnectionMadeAgainInTimeCounts, Nodes(2), Until(Ready::heartbeat), Nightly(),
    Guards("a connection that is reset is made again before the deadline, and nobody decides anything")) {
  Row row(lab, {});
  reset_connection(lab, row, 1, 2);
  row.judge();
  lab.o2cb().wait_connected(lab.nodes(), {1, 2}, Deadline::in(5s));
}

LAB_CASE(
    Quorum, ResetConnectionIsLostAtOnce, Nodes(2), Until(Ready::heartbeat),
    Guards(
        "who has its connection reset and cannot make another decides without waiting for silence; who only "
        "hears nothing more decides later, and both by the same rule")) {
  const Topology& topology = lab.topology();
  Row row(
      lab, {{1, stays_with_lowest(1, 2, 1)}, {2, fences_without_lowest(1, 2, 1)}},
      between(topology.still_up_delay() - 500ms, topology.keepalive_delay + topology.still_up_delay() +
                                                     timer_slack(topology.still_up_delay()) + kHostSlack));
  const Undo mute = lab.cut_one_way({2}, {1});
  reset_connection(lab, row, 1, 2);
  const Undo cut = lab.cut({1}, {2});
  row.judge();
}

}  // namespace
}  // namespace o2lab
