// SPDX-License-Identifier: GPL-2.0-or-later
// Fencing by the nodes themselves: sbd with a poison pill on a small disk of its own, the second volume.
#include <gtest/gtest.h>

#include "sbd.h"

namespace o2lab {
namespace {

constexpr Duration kCommand = 30s;

LAB_CASE(FencingStack, PoisonPillResetsExactlyThatNode, OnTopology("stack-three-node"), Nodes(2), Volumes(2),
         Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("a node that finds a poison pill in its slot of sbd's disk resets itself before the sender "
                "counts on it, and no other node does")) {
  Sbd sbd(lab);
  auto fence = lab.expect_fence(lab.node(2), Cause::poison_pill, within(Sbd::kMessageWait));
  sbd.poison(lab.node(1), lab.node(2));
  EXPECT_FALSE(lab.node(2).running()) << "the sender counts on it by now";
  fence.wait();
  sbd.end();
}

LAB_CASE(FencingStack, WatchdogEndsANodeWhoseSbdStandsStill, OnTopology("stack-three-node"), Nodes(2),
         Volumes(2), Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("a node whose sbd does not run any more is ended by its watchdog in time, and no other is")) {
  Sbd sbd(lab);
  auto fence =
      lab.expect_fence(lab.node(2), Cause::watchdog, between(Sbd::kWatchdog / 2, Sbd::kWatchdog + kCommand));
  lab.node(2).sh("kill -STOP $(pidof sbd)", kCommand);
  const TimePoint stopped = Clock::now();
  lab.interval("sbd stopped to watchdog", fence.wait().at - stopped, within(Sbd::kWatchdogLatest));
  sbd.end();
}

LAB_CASE(FencingStack, NodeThatLosesItsSbdDiskEnds, OnTopology("stack-three-node"), Nodes(2), Volumes(2),
         Until(Ready::o2cb), UserMode(), Part("10"), Nightly(),
         Guards("a node that cannot read its slot any more, and so would miss a pill, does not feed its "
                "watchdog any more and is off before anybody who sends one counts on it; no other node is")) {
  Sbd sbd(lab);
  auto fence = lab.expect_fence(lab.node(2), Cause::watchdog, within(Sbd::kMessageWait));
  const Undo hung = lab.hang_disk(lab.node(2), 1);
  fence.wait();
  sbd.end();
}

}  // namespace
}  // namespace o2lab
