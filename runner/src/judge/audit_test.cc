// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/temporary_dir.h"

namespace o2lab {
namespace {

/// A volume of 64 MiB, made without a cluster.
class AuditFsck : public testing::Test {
 protected:
  AuditFsck() : disk_(dir_.path() / "shared0.img", 64 << 20) {}
  void SetUp() override {
    if (find_program("mkfs.ocfs2").empty()) GTEST_SKIP() << "no mkfs.ocfs2 on this host";
    const RunOutput made = run_program({"mkfs.ocfs2", "-q", "-F", "-b", "4096", "-C", "4096", "-N", "2", "-M",
                                        "local", disk_.path().native()},
                                       Deadline::in(60s));
    ASSERT_TRUE(made.status.ok()) << made.out;
  }
  /// Two bytes of the bitmap of the first cluster group, which is block 3: clusters that nobody uses.
  void damage() {
    std::fstream file(disk_.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(3 * 4096 + 64 + 1200);
    file.write("\xff\xff", 2);
  }
  template <class Audit>
  std::string found(const Audit& audit) const {
    try {
      audit();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::check);
      return error.what();
    }
    return "";
  }
  const TemporaryDir dir_{fs::temp_directory_path()};
  SharedDisk disk_;
};

TEST_F(AuditFsck, DamageIsAFindingThoughFsckEndsWellAfterIt) {
  EXPECT_EQ(found([&] { audit_fsck(disk_.path()); }), "");
  damage();
  EXPECT_THAT(found([&] { audit_fsck(disk_.path()); }),
              testing::HasSubstr("[CLUSTER_ALLOC_BIT] Cluster 960"));
}

TEST_F(AuditFsck, ACrashedVolumeIsLookedAtInACopy) {
  EXPECT_EQ(found([&] { audit_fsck_of_crashed(disk_, Deadline::in(60s)); }), "");
  damage();
  EXPECT_THAT(found([&] { audit_fsck_of_crashed(disk_, Deadline::in(60s)); }),
              testing::HasSubstr("[CLUSTER_ALLOC_BIT] Cluster 960"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path()), fs::directory_iterator()), 1)
      << "nothing is left beside it";
}

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
