// SPDX-License-Identifier: GPL-2.0-or-later
// A node that stands still and goes on as if nothing had been: none of its clocks tells it.
#include <gtest/gtest.h>

#include "disk_case.h"
#include "windows.h"

namespace o2lab {
namespace {

LAB_CASE(
    NodePause, BrieflyFencesNobody, Nightly(), FromPart("00"),
    Guards(
        "a node that stands still for well under every timeout is missed by nobody, and its work goes on")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const auto other = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 60s);
  const size_t since = lab.events().position();
  const TimePoint before = Clock::now();
  {
    const Undo paused = lab.pause(lab.node(3));
    lab.let_pass("node 3 stands still", lab.topology().idle_timeout / 2);
  }
  writer->wait_for(20, 60s);
  other->wait_for(5, 60s);
  EXPECT_GE(writer->longest_stall(before), lab.topology().idle_timeout / 2) << "it did not stand still";
  writer->stop();
  other->stop();
  EXPECT_EQ(lab.o2cb().domain_nodes(lab.node(1)), (NodeSet{1, 2, 3}));
  expect_connections_kept(lab, since);
  nobody_misses_anybody(lab, since);
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(
    NodePause, JustUnderTheDeadTimeIsMissedByNobody, Nightly(), FromPart("00"),
    Guards("a node that stands still for half a beat less than what could be its dead time is called dead by "
           "nobody, though o2net misses it, and its work goes on")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  writer->wait_for(5, 60s);
  const Duration pause_for = longest_unmissed_pause(lab);
  lab.wait_heartbeat_write(lab.node(3));
  const size_t before = lab.events().position();
  const TimePoint since = Clock::now();
  {
    const Undo paused = lab.pause(lab.node(3));
    lab.let_pass("node 3 stands still", pause_for);
  }
  writer->wait_for(20, 60s);
  lab.wait_heartbeat_write(lab.node(3));
  EXPECT_GE(longest_gap(lab, lab.node(3), since), pause_for) << "its heartbeat did not stand still";
  lab.let_pass("time for a quorum decision", lab.topology().quorum_decision_latest());
  nobody_misses_anybody(lab, before);
  lab.o2cb().wait_connected(lab.nodes(), {1, 2, 3}, Deadline::in(30s));
  writer->stop();
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(
    NodePause, JustOverTheDeadTimeIsMissedAndBackAgain, Nightly(), FromPart("00"), Until(Ready::heartbeat),
    Guards("a node that stands still until its dead time is over is called dead in time by both others, and "
           "once it runs on it is alive and connected again; nobody fences")) {
  const HeartbeatRegion region = lab.heartbeat_region();
  lab.wait_heartbeat_write(lab.node(3));
  const size_t before = lab.events().position();
  {
    const Undo paused = lab.pause(lab.node(3));
    const auto last_write = lab.last_heartbeat_write(lab.node(3), region, Clock::now());
    ASSERT_TRUE(last_write) << "no heartbeat write of node 3 in its disk log";
    for (const int observer : {1, 2}) {
      const Event down = lab.wait_node_event(observer, 3, "down", before, lab.topology().dead_latest() + 10s);
      lab.interval(fmt::format("node{}: last heartbeat write of node3 to its down event", observer),
                   down.at - *last_write,
                   between(lab.topology().dead_earliest(), lab.topology().dead_latest() + kHostSlack));
    }
  }
  for (const int observer : {1, 2})
    lab.wait_node_event(observer, 3, "up", before, lab.topology().dead_latest());
  lab.o2cb().wait_live(lab.nodes(), {1, 2, 3}, Deadline::in(lab.topology().dead_latest()));
  lab.let_pass("time for a quorum decision", lab.topology().quorum_decision_latest());
  lab.o2cb().wait_connected(lab.nodes(), {1, 2, 3}, Deadline::in(30s));
  EXPECT_EQ(lab.survivors().size(), 3u);
  nobody_misses(lab, {1, 2}, before);
}

LAB_CASE(
    NodePause, PastTheIdleTimeoutFencesNobody, Nightly(), OnTopology("three-node-idle-first"),
    Guards("a node that stands still for longer than o2net waits, but not for its dead time, is connected "
           "again and nobody fences")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  writer->wait_for(5, 60s);
  const size_t before = lab.events().position();
  {
    const Undo paused = lab.pause(lab.node(3));
    for (const int peer : {1, 2})
      lab.wait_event(fmt::format("node {} to miss node 3", peer), before, lab.topology().idle_timeout + 30s,
                     line_of(peer, "(num 3) at 10.77.0.3:7777 has been idle"));
  }
  writer->wait_for(20, 60s);
  lab.let_pass("time for a quorum decision", lab.topology().quorum_decision_latest());
  lab.o2cb().wait_connected(lab.nodes(), {1, 2, 3}, Deadline::in(30s));
  EXPECT_EQ(lab.survivors().size(), 3u);
  writer->stop();
  lab.check_appended(lab.node(2), *writer);
}

LAB_CASE(NodePause, PastEveryTimeoutGoesOnWriting, WithoutUmount(),
         Guards("the hazard of fencing by oneself: a node that stood still past every timeout was recovered "
                "meanwhile, and writes on when it runs again; the audit names it")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const auto survivor = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(20, 60s);
  survivor->wait_for(5, 60s);
  lab.expect_audit("no_write_after_fence", "node3 wrote to shared0 after node");
  const size_t before = lab.events().position();
  {
    const Undo paused = lab.pause(lab.node(3));
    wait_replayed(lab, 3, before, lab.topology().dead_latest() + 60s);
    survivor->wait_for(5, 60s);
    // From here on two write to one volume that each takes for its own: whatever they say of it is no news.
    lab.record().only_note_reports("");
    lab.step("node 3 runs again");
  }
  lab.wait_heartbeat_write(lab.node(3));
}

LAB_CASE(
    NodePause, PastEveryTimeoutIsPoweredOffByItsManager, Nightly(), UserMode(), Part("10"),
    Guards("what fencing from outside changes: nobody recovers a node that stands still until the manager "
           "has cut its power and removed its link, so it writes nothing after it")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const auto survivor = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(20, 60s);
  const size_t before = lab.events().position();
  const auto is_replay = line_of(0, "replay journal (node 3");
  {
    const Undo paused = lab.pause(lab.node(3));
    lab.let_pass("past every timeout of disk mode",
                 lab.topology().dead_latest() + lab.topology().quorum_decision_latest());
    EXPECT_TRUE(lab.events().since(before, is_replay).empty()) << "it was recovered while it had its link";
    lab.step("the manager cuts the power, then removes the links");
    lab.kill(lab.node(3));
  }
  remove_links_of(lab, 3);
  lab.wait_event("a survivor to replay the journal of node 3", before, 60s, is_replay);
  lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(60s));
  survivor->wait_for(10, 60s);
  survivor->stop();
  lab.check_appended(lab.node(2), *writer);
}

}  // namespace
}  // namespace o2lab
