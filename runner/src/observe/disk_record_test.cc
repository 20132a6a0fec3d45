// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/disk_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/paths.h"
#include "cluster/cluster.h"

namespace o2lab {
namespace {

TEST(DiskRecord, HasEveryPathAndNamesWhatIsNotInIt) {
  const fs::path dir = make_runtime_dir();
  write_file(dir / disk_log_name(1, 0), "10 ready\n11 1.1 write 0 512 data=61\n12 1.1 done\n13 rubbish\n");
  write_file(dir / disk_log_name(2, 1), "10 ready\n11 1.1 read 0 512\n12 full\n");
  std::vector<std::string> gaps;
  const DiskRecord record = read_disk_record(dir, 2, 2, gaps);
  fs::remove_all(dir);
  EXPECT_EQ(record.size(), 4U) << "two of them have asked for nothing";
  EXPECT_EQ(record.at({1, 0}).size(), 1U);
  EXPECT_TRUE(record.at({2, 0}).empty());
  EXPECT_EQ(record.at({2, 1}).size(), 1U);
  EXPECT_THAT(gaps, testing::ElementsAre("disk-node1.log has 1 lines that cannot be read",
                                         "disk-node2.log is not there", "disk1-node1.log is not there",
                                         "disk1-node2.log is cut short"));
}

TEST(DiskRecord, ANodeThatBeatsHasWritten) {
  const auto beat = [](int node, const char* device, const char* error) {
    return Event{TimePoint(), node, "trace", "o2hb_beat", {{"dev", device}, {"errno", error}}, 0};
  };
  DiskRequest write;
  write.kind = DiskRequest::Kind::write;
  DiskRecord record{{{1, 0}, {write}}, {{2, 0}, {DiskRequest()}}};
  EXPECT_THAT(
      beats_without_a_write(
          {beat(1, "8:0", "0"), beat(2, "8:0", "0"), beat(1, "8:16", "0"), beat(3, "8:0", "-5")}, record),
      testing::ElementsAre("node1 has heartbeat on shared1, and disk1-node1.log has no write of it",
                           "node2 has heartbeat on shared0, and disk-node2.log has no write of it"));
}

}  // namespace
}  // namespace o2lab
