// SPDX-License-Identifier: GPL-2.0-or-later
// Locks of the cluster stack against the contexts that take them, on a kernel that checks (flavour debug).
#include <gtest/gtest.h>

#include "cluster/history.h"
#include "judge/lab.h"
#include "steps.h"

namespace o2lab {
namespace {

// No umount after these cases: it removes the heartbeat region, and the pinned source then shows a cycle of
// its own (configfs folder lock, o2nm subsystem mutex, o2net_wq_mutex, the o2net workqueue), which is not
// what they guard.

LAB_CASE(Locking, QuorumLockIsSafeAgainstTheIdleTimer, OnKernel("debug"), Part("00"), WithoutUmount(),
         Guards("o2net's idle timer takes the quorum lock in softirq; lockdep must see every other taker "
                "shut softirq out")) {
  // Any lockdep report fails the case by itself. A killed peer makes the idle timer of each survivor take the
  // lock.
  const size_t before = lab.events().position();
  lab.kill(lab.node(3));
  for (const int survivor : {1, 2}) {
    lab.wait_event(fmt::format("node {} to lose node 3 by the idle timer", survivor), before,
                   lab.topology().idle_timeout + 15s, line_of(survivor, "has been idle for"));
  }
  lab.o2cb().wait_domain(lab.nodes({1, 2}), {1, 2}, Deadline::in(lab.topology().dead_latest() + 40s));
}

LAB_CASE(
    Locking, O2netDebugLockShutsSoftirqOut, OnKernel("debug"), Part("00"), WithoutUmount(),
    Guards("o2net's debug lock is never taken with softirqs open, as a socket may be freed in softirq")) {
  // /proc/lockdep prints a class's usage as hard-irq, hard-irq read, softirq, softirq read: '+' in the third
  // place means it was taken with softirqs enabled (Documentation/locking/lockdep-design.rst).
  for (Node* node : lab.nodes()) {
    const std::string line = node->sh("grep -w o2net_debug_lock /proc/lockdep");
    EXPECT_NE(line.find(" +...: "), std::string::npos) << node->name() << ": " << line;
  }
}

LAB_CASE(Locking, MmapMakesNoCycleOfLocks, OnKernel("debug"), Part("00"),
         Guards("a file that is mapped into memory may wait for messages of the cluster, as the sockets that "
                "these go over have nothing to do with those of userspace, whose locks are held over page "
                "faults")) {
  // Some of its operations map their file. Any lockdep report fails the case by itself, and there is at most
  // one.
  const auto history = lab.history({1, 2, 3}, HistoryPlan{});
  for (const int node : {1, 2, 3}) history->wait_for(node, 15, 120s);
  history->stop();
  for (Node* node : lab.nodes())
    EXPECT_TRUE(node->run("grep -q 'sk_lock-AF_INET-O2NET' /proc/lockdep").ok()) << node->name();
}

LAB_CASE(Locking, UmountMakesNoCycleOfLocks, OnKernel("debug"), Part("01"),
         Guards("work on o2net's queue takes no configfs lock, as umount and rmdir flush that queue under "
                "configfs locks")) {
  // Connections are made (which pins the peer's configfs item), then every node removes its region. Any
  // lockdep report fails the case by itself.
  lab.o2cb().wait_connected(lab.nodes(), {1, 2, 3}, Deadline::in(lab.topology().idle_timeout + 10s));
  for (Node* node : lab.nodes()) lab.o2cb().umount(*node);
  for (Node* node : lab.nodes()) EXPECT_EQ(lab.o2cb().connected_nodes(*node), NodeSet{}) << node->name();
}

}  // namespace
}  // namespace o2lab
