// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "judge/lab.h"

namespace o2lab {
namespace {

LAB_CASE(Bug, NameLostAfterReadError, Nightly(), Nodes(2),
         Guards("a name that could not be looked up, as reads failed, is there again once they do not")) {
  lab.node(1).sh("mkdir /mnt/dir && cd /mnt/dir && touch $(seq 1 300) && echo content > name && sync");
  {
    const Undo failing = lab.fault_disk(lab.node(2), disk_eio().reads().but_heartbeat());
    EXPECT_FALSE(lab.node(2).run("cat /mnt/dir/name", 30s).ok()) << "it could";
  }
  const CommandResult read = lab.node(2).run("cat /mnt/dir/name", 30s);
  EXPECT_EQ(read.out, "content\n") << read.err;
}

}  // namespace
}  // namespace o2lab
