// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(
    Bug, RecoveryOfAMountedSlot, Nightly(), Nodes(2),
    Guards("a node that dies and has mounted again before another recovers its slot is left alone, and the "
           "other goes on")) {
  const auto dying = lab.append(lab.node(2), "/mnt/log2");
  const auto writer = lab.append(lab.node(1), "/mnt/log1");
  dying->wait_for(10, 60s);
  lab.kill(lab.node(2));
  lab.restart(lab.node(2));
  lab.o2cb().mount(lab.node(2));
  lab.step("node 2 is back");
  // With late-recovery.patch node 1 has up to ninety seconds to go.
  writer->wait_for(10, 90s + lab.topology().dead_latest() + 30s);
  writer->stop();
  lab.check_appended(lab.node(2), *writer);
  lab.check_appended(lab.node(1), *dying);
}

}  // namespace
}  // namespace o2lab
