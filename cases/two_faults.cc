// SPDX-License-Identifier: GPL-2.0-or-later
// Two faults at once, of which the one changes what the other must lead to.
#include <gtest/gtest.h>

#include "disk_case.h"
#include "network_case.h"
#include "quorum_row.h"

namespace o2lab {
namespace {

/// Every node writes to a file of its own; what those who die have had acknowledged must be there afterwards.
class Written {
 public:
  explicit Written(Lab& lab) : lab_(lab) {
    for (Node* node : lab.nodes()) writers_.push_back(lab.append(*node, "/mnt/log-" + node->name()));
    for (const auto& writer : writers_) writer->wait_for(10, 60s);
  }
  /// `dead` are replayed, by whom it may be; those who are left have lost nothing and go on.
  void expect_survived(const NodeSet& dead, size_t since) {
    for (const int node : dead) wait_replayed(lab_, node, since, recovery_latest(lab_) + 30s);
    for (Node* node : lab_.survivors()) writers_[node->number() - 1]->wait_for(10, 60s);
    for (Node* node : lab_.survivors()) writers_[node->number() - 1]->stop();
    for (Node* reader : lab_.survivors())
      for (const auto& writer : writers_) lab_.check_appended(*reader, *writer);
    nobody_misses(lab_, lab_.numbers_of(lab_.survivors()), since);
  }

 private:
  Lab& lab_;
  std::vector<std::unique_ptr<Appender>> writers_;
};

LAB_CASE(
    TwoFaults, DiskHangOnTheLargerSideOfASplitLeavesTheLowest, Nightly(),
    Guards("node 1 of three is cut off while the disk of node 2 hangs: 2 fences by its disk, so that 3 is "
           "no majority any more but the half without the lowest, and 1 goes on alone")) {
  Written work(lab);
  const Counted counted(lab, {{1, 2}, {1, 3}, {2, 1}, {3, 1}});
  lab.wait_heartbeat_write(lab.node(2));
  Row row(lab, {{1, stays_with_lowest(1, 2, 1)}, {3, fences_without_lowest(1, 2, 1)}});
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  Undo cut = lab.cut({1}, {2, 3});
  Undo hung = lab.fault_disk(lab.node(2), disk_hang());
  fence.wait();
  row.judge();
  counted.expect_each("dropped", &PairStats::dropped_by_policy);
  cut.now();
  hung.now();
  work.expect_survived({2, 3}, row.since());
}

LAB_CASE(TwoFaults, DiskHangOnTheCutOffNodeLeavesNothingToDecide, Nightly(),
         Guards("node 1 of three is cut off and its disk hangs as well: it fences by its disk, which comes "
                "first, nobody decides anything by quorum, and the others go on")) {
  Written work(lab);
  const Counted counted(lab, {{1, 2}, {1, 3}, {2, 1}, {3, 1}});
  lab.wait_heartbeat_write(lab.node(1));
  Row row(lab, {});
  auto fence = lab.expect_fence(lab.node(1), Cause::disk_timeout, disk_timeout_window(lab));
  Undo cut = lab.cut({1}, {2, 3});
  Undo hung = lab.fault_disk(lab.node(1), disk_hang());
  fence.wait();
  row.wait_idle(2, {1});
  row.wait_idle(3, {1});
  row.judge();
  counted.expect_each("dropped", &PairStats::dropped_by_policy);
  cut.now();
  hung.now();
  work.expect_survived({1}, row.since());
}

/// The disk of node 3 hangs, and it has begun to ask for time: it will fence. Ends in the middle of that.
Undo hang_until_it_asks_for_time(Lab& lab) {
  const size_t before = lab.events().position();
  Undo hung = lab.fault_disk(lab.node(3), disk_hang());
  lab.wait_event("node 3 to ask for time", before, lab.topology().write_timeout_latest() + kHostSlack,
                 line_of(3, "negotiate timeout with node"));
  EXPECT_TRUE(lab.node(3).running()) << "too late: node 3 has fenced";
  return hung;
}

LAB_CASE(
    TwoFaults, LinkLostDuringAnothersFencingIsDecidedWithoutIt, Nightly(),
    Guards("nodes 1 and 2 lose each other while 3 is about to fence by its disk: with 3 both would stay, "
           "without it the half without the lowest fences, and 1 recovers both")) {
  Written work(lab);
  const Counted counted(lab, {{1, 2}, {2, 1}});
  lab.wait_heartbeat_write(lab.node(3));
  auto fence = lab.expect_fence(lab.node(3), Cause::disk_timeout, disk_timeout_window(lab));
  Undo hung = hang_until_it_asks_for_time(lab);
  Row row(lab, {{1, stays_with_lowest(1, 2, 1)}, {2, fences_without_lowest(1, 2, 1)}});
  Undo cut = lab.cut({1}, {2});
  fence.wait();
  row.judge();
  counted.expect_each("dropped", &PairStats::dropped_by_policy);
  cut.now();
  hung.now();
  work.expect_survived({2, 3}, row.since());
}

LAB_CASE(
    TwoFaults, PauseDuringAnothersFencingIsOutlived, Nightly(),
    Guards("node 2 stands still for less than its dead time while 3 fences by its disk: nobody misses 2, "
           "nobody decides by quorum, and 3 is recovered")) {
  Written work(lab);
  lab.wait_heartbeat_write(lab.node(3));
  auto fence = lab.expect_fence(lab.node(3), Cause::disk_timeout, disk_timeout_window(lab));
  Row row(lab, {});
  Undo hung = hang_until_it_asks_for_time(lab);
  lab.wait_heartbeat_write(lab.node(2));
  const TimePoint since = Clock::now();
  EXPECT_TRUE(lab.node(3).running()) << "too late: node 3 has fenced";
  {
    const Undo paused = lab.pause(lab.node(2));
    lab.let_pass("node 2 stands still", longest_unmissed_pause(lab));
    fence.wait();
  }
  hung.now();
  row.judge();
  EXPECT_GE(longest_gap(lab, lab.node(2), since), longest_unmissed_pause(lab)) << "it did not stand still";
  work.expect_survived({3}, row.since());
}

}  // namespace
}  // namespace o2lab
