// SPDX-License-Identifier: GPL-2.0-or-later
// Work in many ways on all nodes at once, each operation recorded: what was acknowledged must be there, once
// and for all nodes alike, whatever befell one of them.
#include <gtest/gtest.h>

#include "cluster/history.h"
#include "judge/lab.h"
#include "steps.h"
#include "windows.h"

namespace o2lab {
namespace {

/// Every survivor works on, then what was recorded is held against what the survivors read.
void go_on_and_check(Lab& lab, History& history) {
  for (const Node* node : lab.survivors())
    history.wait_for(node->number(), 30, lab.topology().dead_latest() + 90s);
  history.stop();
  lab.step("check the history");
  lab.check_history(history, lab.survivors());
}

std::unique_ptr<History> begin(Lab& lab) {
  auto history = lab.history({1, 2, 3}, HistoryPlan{});
  for (const int node : {1, 2, 3}) history->wait_for(node, 30, 120s);
  return history;
}

LAB_CASE(
    Workload, QuietRunIsConsistent, Nightly(),
    Guards("three nodes that append, overwrite, rename and count under one lock lose and mix up nothing")) {
  const auto history = begin(lab);
  go_on_and_check(lab, *history);
}

LAB_CASE(
    Workload, KillOfOneOfThree, FromPart("00"),
    Guards("a node that dies at work takes nothing with it that was acknowledged, and its locks go to one "
           "survivor at a time")) {
  const auto history = begin(lab);
  const size_t before = lab.events().position();
  lab.kill(lab.node(3));
  lab.wait_node_event(1, 3, "down", before, lab.topology().dead_latest() + 30s);
  go_on_and_check(lab, *history);
  EXPECT_EQ(lab.survivors().size(), 2u);
}

LAB_CASE(Workload, KillOfOneOfThreeInUserMode, Nightly(), UserMode(), Part("10"),
         Guards("the same when userspace says who is a member: power off, then the link, then recovery")) {
  const auto history = begin(lab);
  lab.kill(lab.node(3));
  remove_links_of(lab, 3);
  go_on_and_check(lab, *history);
}

LAB_CASE(
    Workload, NetworkSplit, Nightly(),
    Guards("a node at work that loses its peers fences itself, and neither side has changed what the other "
           "had been told is safe")) {
  const auto history = begin(lab);
  auto fence = lab.expect_fence(lab.node(3), Cause::quorum, quorum_window(lab));
  const Undo cut = lab.cut({3}, {1, 2});
  fence.wait();
  go_on_and_check(lab, *history);
}

LAB_CASE(Workload, NetworkSplitInUserMode, Nightly(), UserMode(), Part("10"),
         Guards("a split that the manager settles by cutting one node's power loses and mixes up nothing")) {
  const auto history = begin(lab);
  const Undo cut = lab.cut({3}, {1, 2});
  lab.let_pass("the nodes are split", lab.topology().quorum_decision_latest());
  lab.kill(lab.node(3));
  remove_links_of(lab, 3);
  go_on_and_check(lab, *history);
}

LAB_CASE(
    Workload, DiskHangAndFence, Nightly(),
    Guards("a node at work whose disk hangs fences itself, and what it had been told is safe is there")) {
  const auto history = begin(lab);
  const auto writer = lab.append(lab.node(3), "/mnt/log3");
  lab.wait_heartbeat_write(lab.node(3));
  // Whatever others want of node 3 empties its journal: this record has just gone into it.
  writer->wait_for(1, 60s);
  auto fence = lab.expect_fence(lab.node(3), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo hung = lab.hang_disk(lab.node(3));
  fence.wait();
  go_on_and_check(lab, *history);
  lab.check_appended(lab.node(1), *writer);
}

LAB_CASE(
    Workload, DiskHangAndFenceInUserMode, Nightly(), UserMode(), Part("10"),
    Guards("a node whose disk hangs is fenced from outside, and what it had under way comes to nothing")) {
  const auto history = begin(lab);
  const Undo hung = lab.hang_disk(lab.node(3));
  lab.let_pass("the disk of node 3 hangs", lab.topology().write_timeout_latest());
  lab.kill(lab.node(3));
  remove_links_of(lab, 3);
  go_on_and_check(lab, *history);
}

}  // namespace
}  // namespace o2lab
