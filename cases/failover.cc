// SPDX-License-Identifier: GPL-2.0-or-later
// A node dies by the host's hand: the others recover what it left, and nothing acknowledged is lost.
#include <gtest/gtest.h>

#include "judge/lab.h"
#include "mount_case.h"
#include "steps.h"
#include "windows.h"

namespace o2lab {
namespace {

LAB_CASE(Failover, DirtyJournalIsReplayedAndLocksAreGranted,
         Guards("after a node dies with a dirty journal every acknowledged write is there and its locks are "
                "granted to others")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const auto other = lab.append(lab.node(1), "/mnt/log1");
  LockOfTheDying lock(lab, 3, 2);
  writer->wait_for(50, 60s);
  EXPECT_FALSE(lock.granted()) << "node 2 has the lock that node 3 holds";
  lab.step("kill node 3");
  const TimePoint killed = lab.kill(lab.node(3));
  lock.expect_granted(
      killed, between(lab.topology().dead_earliest() - Topology::heartbeat_period, recovery_latest(lab)));
  other->wait_for(20, 30s);
  lab.interval("longest stall of the writer on node1", other->longest_stall(killed),
               within(recovery_latest(lab)));
  other->stop();
  lab.check_appended(lab.node(1), *writer);
  lab.check_appended(lab.node(2), *other);
}

LAB_CASE(Failover, KilledDuringItsOwnMount, Until(Ready::heartbeat),
         Guards("a node that dies in the middle of its mount leaves a volume that the others go on with")) {
  lab.o2cb().mount(lab.node(1));
  lab.o2cb().mount(lab.node(2));
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(5, 30s);
  const size_t before = lab.events().position();
  HeldMount mount(lab, lab.node(3));
  lab.wait_event("node 3 to join the domain", before, 60s, line_of(1, "o2dlm: Node 3 joins domain"));
  mount.wait_held();
  lab.step("kill node 3 while it mounts");
  const TimePoint killed = lab.kill(lab.node(3));
  lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(recovery_latest(lab) + 10s));
  lab.interval("kill to a domain without node3", Clock::now() - killed, within(recovery_latest(lab)));
  writer->wait_for(10, 30s);
  writer->stop();
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(
    Failover, KilledTwiceInARow, Nightly(),
    Guards("a node that dies again right after it came back is recovered again, under the same number")) {
  for (const int round : {1, 2}) {
    const auto writer = lab.append(lab.node(3), fmt::format("/mnt/log3-{}", round));
    writer->wait_for(20, 60s);
    lab.step(fmt::format("kill {} of 2", round));
    lab.kill(lab.node(3));
    lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(recovery_latest(lab) + 10s));
    lab.check_appended(lab.node(1), *writer);
    if (round == 2) break;
    lab.restart(lab.node(3));
    lab.o2cb().mount(lab.node(3));
    lab.o2cb().wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(30s));
  }
}

LAB_CASE(Failover, TwoOfFiveKilledAtOnce, Nodes(5),
         Guards("three of five nodes recover two that die at the same moment and lose none of their "
                "acknowledged writes")) {
  two_of_five_die(lab, recovery_latest(lab) + 20s, recovery_latest(lab) + 8s, [] {});
}

}  // namespace
}  // namespace o2lab
