// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/heartbeat_block.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

TEST(HeartbeatBlock, DecodesEverySlotLittleEndian) {
  std::vector<std::byte> region(2 * 512);
  const auto second = [&](size_t at) -> std::byte& { return region[512 + at]; };
  second(0) = std::byte{0x10};  // hb_seq
  second(1) = std::byte{0x27};
  second(8) = std::byte{1};      // hb_node
  second(12) = std::byte{0xef};  // hb_cksum
  second(15) = std::byte{0xbe};
  second(16) = std::byte{7};  // hb_generation
  second(23) = std::byte{0x80};
  second(24) = std::byte{0x40};  // hb_dead_ms
  second(25) = std::byte{0x1f};
  const auto blocks = decode_heartbeat(region, 512);
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].sequence, 0u);
  EXPECT_EQ(blocks[1].slot, 1);
  EXPECT_EQ(blocks[1].sequence, 10000u);
  EXPECT_EQ(blocks[1].node, 1);
  EXPECT_EQ(blocks[1].checksum, 0xbe0000efu);
  EXPECT_EQ(blocks[1].generation, 0x8000000000000007u);
  EXPECT_EQ(blocks[1].dead_ms, 8000u);
}

TEST(HeartbeatBlock, AShortRegionOrAnAbsurdBlockSizeGivesNothing) {
  const std::vector<std::byte> region(500);
  EXPECT_TRUE(decode_heartbeat(region, 512).empty());
  EXPECT_TRUE(decode_heartbeat(region, 8).empty());
}

TEST(HeartbeatRegion, FindsTheSlotOfAWrite) {
  const HeartbeatRegion region{4096, 512, 8};
  EXPECT_FALSE(region.slot_of(4095));
  EXPECT_EQ(region.slot_of(4096), 0);
  EXPECT_EQ(region.slot_of(4096 + 3 * 512 + 1), 3);
  EXPECT_FALSE(region.slot_of(4096 + 8 * 512));
}

}  // namespace
}  // namespace o2lab
