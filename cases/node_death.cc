// SPDX-License-Identifier: GPL-2.0-or-later
// The ways in which a node ends, each known by its cause, and each recovered.
#include <gtest/gtest.h>

#include "judge/lab.h"
#include "mount_case.h"
#include "steps.h"

namespace o2lab {
namespace {

/// A death is noticed, then the domain and the journal are recovered; on a loaded host that takes its time.
Duration replay_latest(const Lab& lab) {
  return lab.topology().dead_latest() + 30s;
}

/// Node 3 writes and holds a lock that node 2 wants; `end` ends it. Its records and the lock must survive it.
void ends_and_is_recovered(Lab& lab, Cause cause, const std::function<void()>& end) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const auto held = lab.lock(lab.node(3), "/mnt/lock");
  held->wait_granted(30s);
  const auto wanted = lab.lock(lab.node(2), "/mnt/lock");
  writer->wait_for(20, 60s);
  const size_t before = lab.events().position();
  auto death = lab.expect_fence(lab.node(3), cause, within(60s));
  end();
  death.wait();
  wait_replayed(lab, 3, before, replay_latest(lab));
  wanted->wait_granted(30s);
  lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(30s));
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(
    NodeDeath, SysrqCrashIsAPanic,
    Guards(
        "a node that panics is told by that, and its journal is replayed and its lock granted to another")) {
  lab.expect_report(ReportKind::panic, "sysrq triggered crash");
  ends_and_is_recovered(lab, Cause::panic, [&] { lab.crash(lab.node(3)); });
}

LAB_CASE(NodeDeath, NmiIsAPanic, Nightly(),
         Guards("an NMI from outside ends a node by a panic, whatever it was at, and it is recovered")) {
  lab.expect_report(ReportKind::panic, "NMI: Not continuing");
  ends_and_is_recovered(lab, Cause::panic, [&] { lab.inject_nmi(lab.node(3)); });
}

LAB_CASE(NodeDeath, RebootWhileMounted, Nightly(),
         Guards("a node that reboots in order with its volume mounted leaves a journal to replay, and loses "
                "nothing")) {
  ends_and_is_recovered(lab, Cause::guest_reboot, [&] { lab.reboot(lab.node(3)); });
}

/// What the volume itself says that nodes have left on it: who holds a slot, and how many journals would be
/// replayed. From the disk, as debugfs.ocfs2 reads past all caches.
std::string left_on_volume(Node& node) {
  return node.sh(
      "debugfs.ocfs2 -n -R slotmap /dev/shared0 | tail -n +2 | while read slot number; do\n"
      "  [ -z \"$number\" ] || echo \"node $number\"\n"
      "done | sort\n"
      "for slot in 0000 0001 0002 0003; do\n"
      "  debugfs.ocfs2 -n -R \"stat //journal:$slot\" /dev/shared0\n"
      "done | grep -c 'Journal Flags: Dirty'\n");
}

LAB_CASE(
    NodeDeath, PowerDownAfterUmount, Nightly(),
    Guards("a node that unmounts and powers off in order leaves nothing to recover, and disturbs nobody")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const auto survivor = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(20, 60s);
  writer->stop();
  EXPECT_EQ(left_on_volume(lab.node(1)), "node 1\nnode 2\nnode 3\n3\n");
  const size_t before = lab.events().position();
  lab.o2cb().umount(lab.node(3));
  EXPECT_EQ(left_on_volume(lab.node(1)), "node 1\nnode 2\n2\n");
  auto death = lab.expect_fence(lab.node(3), Cause::guest_power_off, within(60s));
  lab.power_down(lab.node(3));
  death.wait();
  lab.let_pass("nobody may recover it", lab.topology().dead_latest());
  EXPECT_TRUE(lab.events().since(before, line_of(0, "replay journal (node 3")).empty());
  lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(30s));
  survivor->wait_for(10, 60s);
  survivor->stop();
  lab.check_appended(lab.node(2), *writer);
}

LAB_CASE(
    NodeDeath, ResetComesBackAtOnce, Nightly(), OnTopology("three-node-idle-first"),
    Guards("a node that is reset and back before it is missed is recovered all the same, and joins again")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  const auto survivor = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(20, 60s);
  survivor->wait_for(5, 60s);
  const size_t before = lab.events().position();
  const int first_life = lab.node(3).incarnation();
  lab.reset(lab.node(3));
  EXPECT_EQ(lab.node(3).incarnation(), first_life + 1);
  lab.o2cb().mount(lab.node(3));
  wait_replayed(lab, 3, before, replay_latest(lab));
  lab.o2cb().wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(60s));
  survivor->wait_for(10, 60s);
  survivor->stop();
  lab.check_appended(lab.node(3), *survivor);
  lab.check_appended(lab.node(3), *writer);
}

LAB_CASE(
    NodeDeath, LockMasterDiesWhileOthersWait, Nightly(), Nodes(4),
    Guards("the locks that a dead node was master of go to those who waited for them, to one at a time")) {
  // Who asks first is the master (dlm_get_lock_resource() in fs/ocfs2/dlm/dlmmaster.c).
  const auto held = lab.lock(lab.node(4), "/mnt/lock");
  held->wait_granted(30s);
  std::map<int, std::unique_ptr<FileLock>> wanted;
  for (const int node : {1, 2, 3}) wanted[node] = lab.lock(lab.node(node), "/mnt/lock");
  const auto work = lab.append(lab.node(1), "/mnt/log1");
  work->wait_for(5, 60s);
  lab.kill(lab.node(4));
  for (size_t turn = 0; turn < 3; ++turn) {
    std::vector<int> granted;
    lab.wait_until("one of the waiting nodes to get the lock", replay_latest(lab), [&] {
      granted.clear();
      for (const auto& [node, lock] : wanted)
        if (lock->granted()) granted.push_back(node);
      return Seen{!granted.empty(), fmt::format("{} wait", wanted.size())};
    });
    work->wait_for(5, 60s);
    granted.clear();
    for (const auto& [node, lock] : wanted)
      if (lock->granted()) granted.push_back(node);
    ASSERT_EQ(granted.size(), 1u) << "the lock is held twice";
    wanted.erase(granted.front());
  }
}

LAB_CASE(NodeDeath, TwoOfFiveDieWhileAThirdMounts, Nightly(), Nodes(5), Until(Ready::heartbeat),
         Guards("a mount goes through while two other nodes die at once and are recovered")) {
  for (const int node : {1, 2, 4, 5}) lab.o2cb().mount(lab.node(node));
  const auto fourth = lab.append(lab.node(4), "/mnt/log4");
  const auto fifth = lab.append(lab.node(5), "/mnt/log5");
  fourth->wait_for(10, 60s);
  fifth->wait_for(10, 60s);
  const size_t before = lab.events().position();
  HeldMount mount(lab, lab.node(3));
  lab.wait_event("node 3 to join the domain", before, 90s, line_of(1, "o2dlm: Node 3 joins domain"));
  mount.wait_held();
  lab.step("kill nodes 4 and 5");
  lab.kill(lab.nodes({4, 5}));
  mount.go_on(replay_latest(lab) + 120s);
  lab.o2cb().wait_domain(lab.nodes({1, 2, 3}), {1, 2, 3}, Deadline::in(replay_latest(lab)));
  for (const int dead : {4, 5}) wait_replayed(lab, dead, before, replay_latest(lab));
  lab.check_appended(lab.node(3), *fourth);
  lab.check_appended(lab.node(3), *fifth);
}

}  // namespace
}  // namespace o2lab
