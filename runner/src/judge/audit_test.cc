// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/audit.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

TEST(Audit, LeaksOfOtherModulesAndOfTheSourceAreNotOurs) {
  const std::string boot =
      "unreferenced object 0xffff888003a1c000 (size 64):\n"
      "  comm \"swapper/0\", pid 1, jiffies 4294667300 (age 30.1s)\n"
      "  backtrace:\n    [<ffffffff81234567>] kmalloc_trace+0x2a/0x60\n"
      "    [<ffffffff82345678>] pci_setup+0x10/0x20\n";
  const std::string ours =
      "unreferenced object 0xffff888003a1d000 (size 96):\n"
      "  comm \"o2work\", pid 212, jiffies 4294668300 (age 9.2s)\n"
      "  backtrace:\n    [<ffffffff81234567>] kmalloc_trace+0x2a/0x60\n"
      "    [<ffffffffc0001234>] o2hb_user_make+0x30/0x90 [ocfs2_nodemanager]\n";
  const std::string known =
      "unreferenced object 0xffff888003a1e000 (size 32):\n"
      "  backtrace:\n    [<ffffffffc0005678>] dlm_new_lockres+0x30/0x90 [ocfs2_dlm]\n";
  EXPECT_EQ(leaks_of_cluster_modules(known), "");
  EXPECT_EQ(leaks_of_cluster_modules(""), "");
  EXPECT_EQ(leaks_of_cluster_modules(boot), "");
  EXPECT_EQ(leaks_of_cluster_modules(boot + ours + boot), ours);
}

}  // namespace
}  // namespace o2lab
