// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(
    Bug, Slot255WithoutLocal, Nightly(), Nodes(2), Until(Ready::heartbeat),
    Guards("a node whose local flag is cleared under a running heartbeat stops to heartbeat in its own slot, "
           "and writes to no other")) {
  lab.node(1).sh("echo 0 > /sys/kernel/config/cluster/" + lab.topology().cluster + "/node/node1/local");
  // Its thread ends with the next beat, and the other sees it leave or die.
  lab.wait_until("node 2 to be alone", lab.topology().dead_latest() + 10s, [&] {
    const NodeSet live = lab.o2cb().live_nodes(lab.node(2));
    return Seen{live == NodeSet{2}, fmt::format("{} nodes live", live.size())};
  });
  lab.node(1).sh("echo 1 > /sys/kernel/config/cluster/" + lab.topology().cluster + "/node/node1/local");
}

}  // namespace
}  // namespace o2lab
