// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(Bug, LockStuckInConvert, Nightly(), Nodes(3),
         Guards("a lock that is asked for as its master dies is granted by the next master")) {
  // Node 1 is the first to ask, so it masters the lock; node 3 keeps it, so that node 2's convert waits in
  // its queue.
  auto first = lab.lock(lab.node(1), "/mnt/lock");
  first->wait_granted(60s);
  auto held = lab.lock(lab.node(3), "/mnt/lock");
  first.reset();
  held->wait_granted(60s);
  const auto wanted = lab.lock(lab.node(2), "/mnt/lock");
  lab.wait_until("node 1 to have node 2's convert in its queue", 60s, [&] {
    // LOCK: version, queue (1: converting), type, type wanted, node (fs/ocfs2/dlm/dlmdebug.c, dump_lock)
    const std::string queued =
        lab.node(1).sh("grep -A 12 '^NAME:F' /sys/kernel/debug/o2dlm/" + lab.o2cb().uuid() +
                       "/locking_state | grep -c '^LOCK:[0-9]*,1,[0-9-]*,[0-9-]*,2,' || true");
    return Seen{queued == "1\n", queued};
  });
  lab.kill(lab.node(1));
  lab.o2cb().wait_domain(lab.nodes({2, 3}), {2, 3}, Deadline::in(lab.topology().dead_latest() + 60s));
  lab.step("the holder lets go");
  held.reset();
  wanted->wait_granted(lab.topology().dead_latest() + 60s);
}

}  // namespace
}  // namespace o2lab
