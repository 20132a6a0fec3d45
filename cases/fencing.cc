// SPDX-License-Identifier: GPL-2.0-or-later
// A node that must not go on fences itself: the right one, for the right reason, in time.
#include <gtest/gtest.h>

#include "judge/lab.h"
#include "steps.h"
#include "windows.h"

namespace o2lab {
namespace {

LAB_CASE(Fencing, HungDiskPathResetsExactlyThatNode,
         Guards("a node whose disk path hangs resets itself in time, no other does, and the others go on")) {
  lab.wait_heartbeat_write(lab.node(2));
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const Undo hung = lab.hang_disk(lab.node(2));
  fence.wait();
  keep_working(lab);
}

LAB_CASE(Fencing, HungDiskPathPanicsWithFenceMethodPanic, Nightly(), FenceBy(FenceMethod::panic),
         Guards("fence_method panic ends the node by a panic that says it is a fence")) {
  lab.wait_heartbeat_write(lab.node(2));
  auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
  const size_t before = lab.events().position();
  const Undo hung = lab.hang_disk(lab.node(2));
  fence.wait();
  lab.wait_event("the panic that fences", before, 1s,
                 line_of(2, "Kernel panic - not syncing: *** ocfs2 is very sorry"));
  keep_working(lab);
}

LAB_CASE(Fencing, OneOfThreeCutOffTheNetworkFences,
         Guards("a node that loses both its peers but still heartbeats fences itself by quorum, and the "
                "others go on")) {
  auto fence = lab.expect_fence(lab.node(3), Cause::quorum, quorum_window(lab));
  const Undo cut = lab.cut({3}, {1, 2});
  fence.wait();
  keep_working(lab);
}

LAB_CASE(
    Fencing, SplitOfTwoFencesTheHigherNumber, Nodes(2),
    Guards(
        "of two nodes that lose each other the one with the higher number fences, and the other goes on")) {
  auto fence = lab.expect_fence(lab.node(2), Cause::quorum, quorum_window(lab));
  const Undo cut = lab.cut({1}, {2});
  fence.wait();
  keep_working(lab);
}

LAB_CASE(Fencing, SplitOfFourFencesTheHalfWithoutTheLowest, Nightly(), Nodes(4),
         Guards("of two halves the one without the lowest number fences, all of it and nobody else")) {
  auto third = lab.expect_fence(lab.node(3), Cause::quorum, quorum_window(lab));
  auto fourth = lab.expect_fence(lab.node(4), Cause::quorum, quorum_window(lab));
  const Undo cut = lab.cut({1, 2}, {3, 4});
  third.wait();
  fourth.wait();
  keep_working(lab);
}

LAB_CASE(
    Fencing, FencedNodeComesBackAndMounts,
    Guards(
        "a node that fenced itself boots, joins under its number and mounts again while the others work")) {
  const auto writer = lab.append(lab.node(1), "/mnt/log1");
  {
    lab.wait_heartbeat_write(lab.node(2));
    auto fence = lab.expect_fence(lab.node(2), Cause::disk_timeout, disk_timeout_window(lab));
    const Undo hung = lab.hang_disk(lab.node(2));
    fence.wait();
  }
  lab.step("node 2 comes back");
  lab.restart(lab.node(2));
  lab.o2cb().mount(lab.node(2));
  lab.o2cb().wait_domain(lab.nodes(), {1, 2, 3}, Deadline::in(30s));
  writer->wait_for(10, 30s);
  writer->stop();
  lab.check_appended(lab.node(2), *writer);
}

}  // namespace
}  // namespace o2lab
