// SPDX-License-Identifier: GPL-2.0-or-later
// The storage itself stalls: for all nodes, for all but one, or while a node comes, goes or recovers another.
#include <gtest/gtest.h>

#include "disk_case.h"
#include "recovery_case.h"

namespace o2lab {
namespace {

LAB_CASE(
    DiskStall, OfAllNodesFencesNobody,
    Guards("storage that stalls for all nodes at once, twice as long as the write timeout, fences nobody: "
           "they negotiate, and go on when it is back")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  writer->wait_for(5, 30s);
  for (Node* node : lab.nodes()) lab.wait_heartbeat_write(*node);
  const TimePoint since = Clock::now();
  const size_t before = lab.events().position();
  {
    const Undo stalled = lab.fault_disk(lab.nodes(), disk_hang());
    lab.wait_event("node 1 to find that all nodes hang", before, lab.topology().write_timeout() + 10s,
                   line_of(1, "all nodes hb write hung"));
    lab.let_pass("the storage stalls", 2 * lab.topology().write_timeout());
  }
  lab.step("the storage is back");
  writer->wait_for(10, 30s);
  writer->stop();
  for (Node* node : lab.nodes()) {
    lab.wait_heartbeat_write(*node);
    EXPECT_GE(longest_gap(lab, *node, since), 2 * lab.topology().write_timeout())
        << node->name() << " beat all the same";
  }
  nobody_misses_anybody(lab, before);
  lab.check_appended(lab.node(1), *writer);
  keep_working(lab);
}

LAB_CASE(
    DiskStall, OfAllButOneFencesThose, Nightly(),
    Guards("storage that stalls for two of three fences exactly these two: the third does not agree that "
           "all hang, recovers both and goes on")) {
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  writer->wait_for(5, 30s);
  for (Node* node : lab.nodes({1, 2})) lab.wait_heartbeat_write(*node);
  auto first = lab.expect_fence(lab.node(1), Cause::disk_timeout, disk_timeout_window(lab));
  auto second = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo stalled = lab.fault_disk(lab.nodes({1, 2}), disk_hang());
  first.wait();
  second.wait();
  lab.o2cb().wait_domain({&lab.node(3)}, {3}, Deadline::in(lab.topology().dead_latest() + 22s));
  writer->wait_for(10, 30s);
  writer->stop();
  lab.check_appended(lab.node(3), *writer);
}

LAB_CASE(DiskStall, DuringMountOnlyDelaysIt, Nightly(), Until(Ready::heartbeat),
         Guards("a mount whose disk hangs for less than the write timeout is late, and whole")) {
  lab.o2cb().mount(lab.node(1));
  const auto writer = lab.append(lab.node(1), "/mnt/log1");
  writer->wait_for(5, 30s);
  lab.wait_heartbeat_write(lab.node(2));
  const TimePoint since = Clock::now();
  const Duration hang_for = lab.topology().write_timeout() - 2500ms;
  std::unique_ptr<RemoteProcess> mounting;
  {
    const Undo hung = lab.fault_disk(lab.node(2), disk_hang());
    mounting = lab.node(2).start("mkdir -p /mnt && mount -t ocfs2 /dev/shared0 /mnt");
    lab.let_pass("the disk of the mounting node hangs", hang_for);
    EXPECT_TRUE(mounting->running()) << "it mounted without a disk";
  }
  mounting->wait(Deadline::in(60s)).check();
  lab.wait_heartbeat_write(lab.node(2));
  lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(30s));
  EXPECT_GE(longest_gap(lab, lab.node(2), since), hang_for) << "no heartbeat was held";
  writer->wait_for(10, 30s);
  writer->stop();
  lab.check_appended(lab.node(2), *writer);
}

LAB_CASE(DiskStall, DuringUmountOnlyDelaysIt, Nightly(),
         Guards("an umount whose disk hangs for less than the write timeout is late, and the others see the "
                "node leave in order")) {
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(5, 30s);
  writer->stop();
  lab.wait_heartbeat_write(lab.node(2));
  std::unique_ptr<RemoteProcess> leaving;
  {
    const Undo hung = lab.fault_disk(lab.node(2), disk_hang());
    leaving = lab.node(2).start("umount /mnt");
    lab.let_pass("the disk of the leaving node hangs", lab.topology().write_timeout() - 2500ms);
    EXPECT_TRUE(leaving->running()) << "it left without a disk";
  }
  leaving->wait(Deadline::in(60s)).check();
  lab.o2cb().wait_domain(lab.nodes({1, 3}), {1, 3}, Deadline::in(30s));
  lab.check_appended(lab.node(1), *writer);
  keep_working(lab, lab.nodes({1, 3}));
}

LAB_CASE(DiskStall, OfTheNodeThatRecoversAnother, Nightly(),
         Guards("a node that recovers a dead one and then loses its own disk fences itself, and the last one "
                "recovers both")) {
  HeldReplay replay(lab);
  Node& stalled = replay.by();
  replay.let_go(replay.other());
  lab.wait_heartbeat_write(stalled);
  auto fence = lab.expect_fence(stalled, Cause::disk_timeout, disk_timeout_window(lab));
  const Undo hung = lab.fault_disk(stalled, disk_hang());
  fence.wait();
  replay.expect_other_recovers_both();
}

}  // namespace
}  // namespace o2lab
