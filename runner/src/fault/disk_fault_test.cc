// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault/disk_fault.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

constexpr HeartbeatRegion kRegion{1118208, 512, 255};

std::string text(const DiskFault& fault) {
  return text_of(rule_of(fault, kRegion, 42));
}

TEST(DiskFault, ReadsAsASentenceAndIsTheRuleItSays) {
  EXPECT_EQ(text(disk_hang()), "hang rw all");
  EXPECT_EQ(text(disk_eio().writes().to_heartbeat()), "eio w in 1118208 130560");
  EXPECT_EQ(text(disk_eio().reads().but_heartbeat()), "eio r out 1118208 130560");
  EXPECT_EQ(text(disk_delay(2s, 1s).to_heartbeat().writes()),
            "delay w in 1118208 130560 2000000000 1000000000 42");
  EXPECT_EQ(text(disk_rate(65536)), "rate rw all 65536");
  EXPECT_EQ(disk_hang().of_volume(1).volume, 1);
}

}  // namespace
}  // namespace o2lab
