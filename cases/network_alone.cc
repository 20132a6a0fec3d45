// SPDX-License-Identifier: GPL-2.0-or-later
// One kind of bad network at a time (all at once: network.cc), and silence that ends just before a timeout or
// just after it.
#include <gtest/gtest.h>

#include "network_case.h"
#include "quorum_row.h"

namespace o2lab {
namespace {

using Match = LinkPolicy::Match;

const NodeSet kThree = {1, 2, 3};
const Links kAllOfThree = {{1, 2}, {1, 3}, {2, 1}, {2, 3}, {3, 1}, {3, 2}};

/// `policy` on every link, which `count` must show on each: work goes on, whole, and nobody notices.
void disturbs_nobody(Lab& lab, const LinkPolicy& policy, const char* name, Count count) {
  SharedWork work(lab);
  const Counted counted(lab, kAllOfThree);
  Row row(lab, {});
  Undo bad = lab.degrade_links(kAllOfThree, policy);
  work.wait_for(10, 180s);
  row.judge();
  expect_connections_kept(lab, row.since());
  counted.expect_each(name, count);
  bad.now();
  work.check();
  nobody_misses_anybody(lab, row.since());
}

LAB_CASE(Network, LossAloneDisturbsNobody, Nightly(),
         Guards("one frame in ten is lost: TCP sends it again, nobody decides, and nothing is missing")) {
  disturbs_nobody(lab, {.loss = 0.1}, "lost", &PairStats::lost);
}

LAB_CASE(Network, DuplicatesAloneDisturbNobody, Nightly(),
         Guards("every third frame comes twice: no message is taken for two, and nothing is there twice")) {
  disturbs_nobody(lab, {.duplicate = 0.3}, "duplicated", &PairStats::duplicated);
}

LAB_CASE(Network, ReorderAloneDisturbsNobody, Nightly(),
         Guards("every third frame comes behind the next one: messages stay in their order")) {
  disturbs_nobody(lab, {.reorder = 0.3}, "reordered", &PairStats::reordered);
}

LAB_CASE(
    Network, FlippedBitsAloneDisturbNobody, Nightly(),
    Guards("one bit is flipped in every tenth TCP segment: its checksum finds it, and no flipped bit gets "
           "into a message or a file")) {
  disturbs_nobody(lab, {.corrupt = 0.1, .match = Match::tcp_port}, "corrupted", &PairStats::corrupted);
}

// A delay makes one silence of a known length: its own and up to a keepalive. After a cut TCP would wait for
// as long again as the cut took. Only o2net's frames are late, as without answers to ARP a node counts as
// gone.

LAB_CASE(Network, SilenceJustUnderTheIdleTimeoutIsNone, Nightly(), Until(Ready::heartbeat),
         Guards("links so slow that an answer takes half a second less than the idle timeout leaves after a "
                "keepalive: no node finds another silent, no connection ends, nobody decides")) {
  const Counted counted(lab, kAllOfThree);
  Row row(lab, {});
  // TCP takes the first frames for lost, and sends no others until it hears of them: a whole round trip.
  const Duration answer = lab.topology().idle_timeout - lab.topology().keepalive_delay - 500ms;
  const Undo late = lab.degrade_both_ways(kThree, kThree, {.delay = answer / 2, .match = Match::tcp_port});
  row.judge();
  counted.expect_each("delayed", &PairStats::delayed);
  EXPECT_TRUE(lab.events().since(row.since(), line_of(0, "has been idle for")).empty());
  expect_connections_kept(lab, row.since());
  nobody_misses_anybody(lab, row.since());
}

LAB_CASE(
    Network, SilenceJustUnderTheDecisionFencesNobody, Nightly(), Until(Ready::heartbeat), FromPart("01"),
    Guards("a node that both others find silent and hear again one second before they would decide: nobody "
           "decides, nobody fences")) {
  Row row(lab, {});
  const Undo late = lab.degrade_both_ways(
      {3}, {1, 2}, {.delay = lab.topology().quorum_decision_earliest() - 1s, .match = Match::tcp_port});
  for (const int other : {1, 2}) row.wait_idle(other, {3});
  row.wait_idle(3, {1, 2});
  row.judge();
  expect_connections_kept(lab, row.since());
  nobody_misses_anybody(lab, row.since());
}

LAB_CASE(Network, SilenceJustOverTheDecisionFences, Nightly(), Until(Ready::heartbeat),
         Guards("a node that would be heard again just after the others decide is too late: it fences, the "
                "others stay")) {
  Row row(lab, {{1, stays(2, 3)}, {2, stays(2, 3)}, {3, fences(1, 3)}});
  const Undo late = lab.degrade_both_ways(
      {3}, {1, 2}, {.delay = lab.topology().quorum_decision_latest() + kHostSlack, .match = Match::tcp_port});
  row.judge();
  nobody_misses(lab, {1, 2}, row.since());
}

}  // namespace
}  // namespace o2lab
