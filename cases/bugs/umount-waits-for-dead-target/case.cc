// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(Bug, UmountWaitsForDeadTarget, Nightly(), Nodes(2),
         Guards("an umount ends though the node that takes over its lock resources dies before it says so")) {
  lab.node(1).sh("mkdir /mnt/d && cd /mnt/d && touch $(seq 1 50) && sync");
  lab.node(2).sh("ls -l /mnt/d");  // now it has references, and can take over
  const std::string mles = "/sys/kernel/debug/o2dlm/" + lab.o2cb().uuid() + "/mle_state";
  const auto leaving = lab.node(1).start("umount -i /mnt");
  lab.wait_until("node 1 to hand a lock resource over", 60s, [&] {
    const CommandResult state = lab.node(1).run("grep MIG " + mles);
    return Seen{state.ok() || !leaving->running(), state.out};
  });
  ASSERT_TRUE(leaving->running()) << "too late: it has ended";
  lab.kill(lab.node(2));
  lab.wait_until("the umount of node 1 to end", lab.topology().dead_latest() + 60s, [&] {
    return Seen{!leaving->running(), "it runs"};
  });
  lab.o2cb().mount(lab.node(1));
}

}  // namespace
}  // namespace o2lab
