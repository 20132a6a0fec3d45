// SPDX-License-Identifier: GPL-2.0-or-later
// One node's way to the shared disk is slow, stuck or broken, whole or in part.
#include <gtest/gtest.h>

#include "disk/disk_log.h"
#include "disk_case.h"

namespace o2lab {
namespace {

LAB_CASE(
    Disk, HeartbeatHangsWhileDataGoesOn,
    Guards("a node whose heartbeat writes hang fences itself in time although all its other requests are "
           "answered")) {
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(5, 30s);
  lab.wait_heartbeat_write(lab.node(2));
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo hung = lab.fault_disk(lab.node(2), disk_hang().to_heartbeat());
  const TimePoint hung_at = Clock::now();
  fence.wait();
  EXPECT_GT(writer->last_ack(), hung_at) << "its data hung as well";
  keep_working(lab);
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(Disk, DataHangsWhileHeartbeatGoesOn, Nightly(),
         Guards("a node whose data hangs for longer than the write timeout stays, because its heartbeat goes "
                "on, and its work resumes")) {
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(5, 30s);
  const Duration hang_for = lab.topology().write_timeout_latest() + 3s;
  const TimePoint since = Clock::now();
  const size_t before = lab.events().position();
  {
    const Undo hung = lab.fault_disk(lab.node(2), disk_hang().but_heartbeat());
    lab.let_pass("data of node 2 hangs", hang_for);
  }
  lab.step("data of node 2 goes on");
  writer->wait_for(10, 30s);
  writer->stop();
  nobody_misses_anybody(lab, before);
  EXPECT_GE(writer->longest_stall(since), hang_for - 1s) << "the writer was not held";
  EXPECT_EQ(slow_beats(lab, lab.node(2), since, hang_for / 2), 0) << "heartbeat hung as well";
  EXPECT_TRUE(
      lab.events().since(before, [](const Event& event) { return event.kind == "disk_path_full"; }).empty());
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(Disk, HeartbeatWritesFail, Nightly(),
         Guards("a node whose heartbeat writes end with EIO does not take them for done: it fences itself in "
                "time")) {
  lab.wait_heartbeat_write(lab.node(2));
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo failing = lab.fault_disk(lab.node(2), disk_eio().writes().to_heartbeat());
  fence.wait();
  keep_working(lab);
}

LAB_CASE(Disk, HeartbeatReadsFail, Nightly(),
         Guards("a node that cannot read the others' heartbeat fences itself in time instead of calling them "
                "dead")) {
  lab.wait_heartbeat_write(lab.node(2));
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo failing = lab.fault_disk(lab.node(2), disk_eio().reads().to_heartbeat());
  fence.wait();
  keep_working(lab);
}

LAB_CASE(Disk, SlowHeartbeatUnderTheTimeoutFencesNobody, Nightly(),
         Guards("heartbeat writes that take 1 to 2 s each, under the write timeout of 6 s, fence nobody")) {
  const TimePoint since = Clock::now();
  const size_t before = lab.events().position();
  {
    const Undo slow = lab.fault_disk(lab.nodes(), disk_delay(1500ms, 500ms).writes().to_heartbeat());
    lab.let_pass("every heartbeat write is slow", 8 * Topology::heartbeat_period);
  }
  for (Node* node : lab.nodes())
    EXPECT_GE(slow_beats(lab, *node, since, 1s), 3) << "heartbeat of " << node->name() << " was not slow";
  nobody_misses_anybody(lab, before);
  keep_working(lab);
}

LAB_CASE(Disk, SlowHeartbeatOverTheTimeoutFences, Nightly(),
         Guards("a node whose heartbeat writes take 1 s longer than the write timeout fences itself before "
                "the first is through")) {
  lab.wait_heartbeat_write(lab.node(2));
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  Undo slow = lab.fault_disk(
      lab.node(2), disk_delay(lab.topology().write_timeout_latest() + Topology::heartbeat_period + 1s)
                       .writes()
                       .to_heartbeat());
  fence.wait();
  slow.now();  // what is under way is lost: it would come after the fence
  keep_working(lab);
}

LAB_CASE(Disk, PathThatFlapsUnderTheTimeoutFencesNobody, Nightly(),
         Guards("a path that hangs again and again, each time a heartbeat write for less than the write "
                "timeout, fences nobody")) {
  const Duration hang_for = lab.topology().write_timeout() - 2500ms;
  const size_t before = lab.events().position();
  for (int round = 1; round <= 4; ++round) {
    lab.wait_heartbeat_write(lab.node(2));
    const TimePoint since = Clock::now();
    {
      const Undo hung = lab.fault_disk(lab.node(2), disk_hang());
      lab.let_pass(fmt::format("hang {}", round), hang_for);
    }
    lab.wait_heartbeat_write(lab.node(2));
    EXPECT_GE(longest_gap(lab, lab.node(2), since), hang_for) << "hang " << round << " held no heartbeat";
  }
  nobody_misses_anybody(lab, before);
  keep_working(lab);
}

LAB_CASE(
    Disk, PathBackJustOverTheTimeoutIsTooLate, Nightly(),
    Guards("a path that comes back just after the write timeout does not save its node, which fences, and "
           "nothing that it had under way reaches the disk")) {
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(5, 30s);
  lab.wait_heartbeat_write(lab.node(2));
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const size_t before = lab.events().position();
  Undo hung = lab.fault_disk(lab.node(2), disk_hang());
  lab.let_pass("just over the write timeout", lab.topology().write_timeout_latest() + kHostSlack);
  hung.now();
  fence.wait();
  wait_replayed(lab, 2, before, recovery_latest(lab));
  keep_working(lab);
  lab.check_appended(lab.node(1), *writer);
  nobody_misses(lab, {1, 3}, before);
}

LAB_CASE(Disk, PathThatFlapsAndThenStaysAwayFences, Nightly(),
         Guards("a path that comes back twice in time and then does not: each time the node gets the whole "
                "timeout anew, no more and no less")) {
  for (int round = 1; round <= 2; ++round) {
    lab.wait_heartbeat_write(lab.node(2));
    const Undo hung = lab.fault_disk(lab.node(2), disk_hang());
    lab.let_pass(fmt::format("hang {}", round), lab.topology().write_timeout() - 2500ms);
  }
  lab.wait_heartbeat_write(lab.node(2));
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo hung = lab.fault_disk(lab.node(2), disk_hang());
  fence.wait();
  keep_working(lab);
}

LAB_CASE(Disk, OneOfTwoVolumesHangs, Nightly(), Volumes(2),
         Guards("a node fences itself when one of its two volumes hangs, and the others go on with both")) {
  lab.wait_heartbeat_write(lab.node(2), 1);
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo hung = lab.fault_disk(lab.node(2), disk_hang().of_volume(1));
  fence.wait();
  keep_working(lab);
}

LAB_CASE(Disk, CrawlingDataLeavesHeartbeatAlone, Nightly(),
         Guards("a node that gets 64 KiB a second for its data goes on writing, and nobody fences")) {
  const auto writer = lab.append(lab.node(2), "/mnt/log2");
  writer->wait_for(5, 30s);
  const TimePoint since = Clock::now();
  const size_t position = lab.events().position();
  const int64_t before = writer->acknowledged();
  {
    const Undo slow = lab.fault_disk(lab.node(2), disk_rate(64 << 10).but_heartbeat());
    lab.let_pass("data of node 2 crawls", 5 * Topology::heartbeat_period);
  }
  const TimePoint until = Clock::now();
  const int64_t crawled = writer->acknowledged() - before;
  EXPECT_GT(crawled, 0) << "it stood still";
  writer->wait_for(10, 30s);
  writer->stop();
  nobody_misses_anybody(lab, position);
  EXPECT_EQ(slow_beats(lab, lab.node(2), since, 3s), 0) << "heartbeat was slow as well";
  DiskLog log(lab.cluster().path(2).log_file());
  log.refresh();
  uint64_t bytes = 0;
  for (const DiskRequest& request : log.requests())
    if (request.at >= since && request.done() && *request.finished <= until &&
        !lab.heartbeat_region().slot_of(request.offset))
      bytes += request.length;
  EXPECT_LE(static_cast<double>(bytes), (64 << 10) * (to_seconds(until - since) + 1))
      << "the rate did not hold";
  lab.check_appended(lab.node(1), *writer);
}

}  // namespace
}  // namespace o2lab
