// SPDX-License-Identifier: GPL-2.0-or-later
// The shared disk itself: what a node writes is what all nodes read.
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

void write_side_by_side(Lab& lab, int rounds) {
  const auto command = [&](const Node& node, const char* more) {
    return fmt::format("o2work sectors {} --first 2048 --index {} --stride {} --count 64 --rounds {} {}",
                       o2cb_script::device(0), node.number() - 1, lab.spec().nodes, rounds, more);
  };
  lab.step("all nodes write at once");
  on_each(lab.nodes(), [&](Node& node) { node.sh(command(node, ""), 30s + rounds * 5s); });
  lab.step("each node reads its own sectors again");
  on_each(lab.nodes(), [&](Node& node) { node.sh(command(node, "--check"), 60s); });
}

LAB_CASE(Storage, AdjacentSectorsOfAllNodesAreAllKept, Until(Ready::booted),
         Guards("512-byte writes of several nodes side by side lose nothing, as heartbeat needs")) {
  write_side_by_side(lab, 40);
}

LAB_CASE(Storage, AdjacentSectorsOfFiveNodesForLong, Nodes(5), Until(Ready::booted), Nightly(),
         Guards("the same for five nodes and long enough to meet a rare loss")) {
  write_side_by_side(lab, 150);
}

}  // namespace
}  // namespace o2lab
