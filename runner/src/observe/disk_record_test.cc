// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/disk_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/paths.h"
#include "cluster/cluster.h"

namespace o2lab {
namespace {

TEST(DiskRecord, HasEveryPathAndNamesThoseThatAreCutShort) {
  const fs::path dir = make_runtime_dir();
  write_file(dir / disk_log_name(1, 0), "10 ready\n11 1.1 write 0 512 data=61\n12 1.1 done\n");
  write_file(dir / disk_log_name(2, 1), "10 ready\n11 1.1 read 0 512\n12 full\n");
  std::vector<std::string> full;
  const DiskRecord record = read_disk_record(dir, 2, 2, full);
  fs::remove_all(dir);
  EXPECT_EQ(record.size(), 4U) << "two of them have asked for nothing";
  EXPECT_EQ(record.at({1, 0}).size(), 1U);
  EXPECT_TRUE(record.at({2, 0}).empty());
  EXPECT_EQ(record.at({2, 1}).size(), 1U);
  EXPECT_THAT(full, testing::ElementsAre(disk_log_name(2, 1)));
}

}  // namespace
}  // namespace o2lab
