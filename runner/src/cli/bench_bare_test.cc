// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench_bare.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

TEST(BareCmdline, KeepsWhatTheKernelItselfIsTold) {
  EXPECT_EQ(
      bare_cmdline("console=ttyS0 loglevel=5 o2lab.loglevel=7 panic=-1 root=/dev/vda rootfstype=erofs ro "
                   "init=/sbin/o2lab-init o2lab.node=1 norandmaps rodata=on\n"),
      "console=ttyS0 loglevel=5 panic=-1 norandmaps rodata=on");
  EXPECT_EQ(bare_cmdline(""), "");
}

}  // namespace
}  // namespace o2lab
