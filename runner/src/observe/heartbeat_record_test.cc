// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/heartbeat_record.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

constexpr HeartbeatRegion kRegion{1 << 20, 512, 16};

/// A write of slot 2 whose checksum is right unless asked otherwise.
DiskRequest beat(int64_t at_ms, std::optional<int64_t> finished_ms, uint64_t sequence) {
  DiskRequest out;
  out.kind = DiskRequest::Kind::write;
  out.offset = kRegion.start_byte + 2 * 512;
  out.length = 512;
  out.content.resize(512);
  const auto put = [&](size_t offset, uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) out.content[offset + i] = std::byte((value >> (8 * i)) & 0xff);
  };
  put(0, sequence, 8);
  put(8, 2, 1);
  put(16, 0xfeed, 8);
  put(24, 8000, 4);
  put(12, heartbeat_checksum(out.content), 4);
  out.at = from_ns(at_ms * 1'000'000);
  if (finished_ms) out.finished = from_ns(*finished_ms * 1'000'000);
  return out;
}

TEST(HeartbeatRecord, DecodesTheWritesOfTheRegionOnly) {
  DiskRequest elsewhere = beat(0, 1, 1);
  elsewhere.offset = 0;
  DiskRequest read = beat(0, 1, 1);
  read.kind = DiskRequest::Kind::read;
  DiskRequest long_one = beat(0, 1, 1);
  long_one.length = 4096;
  DiskRequest spoilt = beat(5, 6, 3);
  spoilt.content[100] = std::byte{1};
  const auto writes = heartbeat_writes({elsewhere, read, long_one, beat(2, 3, 2), spoilt}, kRegion);
  ASSERT_EQ(writes.size(), 2U);
  EXPECT_EQ(writes[0].block.slot, 2);
  EXPECT_EQ(writes[0].block.node, 2);
  EXPECT_EQ(writes[0].block.sequence, 2U);
  EXPECT_EQ(writes[0].block.generation, 0xfeedU);
  EXPECT_EQ(writes[0].block.dead_ms, 8000U);
  EXPECT_TRUE(writes[0].checksum_ok);
  EXPECT_FALSE(writes[1].checksum_ok);
}

TEST(HeartbeatRecord, AGapLastsFromOneGoodWriteToTheNext) {
  DiskRequest failed = beat(8000, 8100, 3);
  failed.error = "EIO";
  const auto writes =
      heartbeat_writes({beat(0, 10, 1), beat(2000, 2010, 2), failed, beat(10000, 10020, 4)}, kRegion);
  const auto gaps = heartbeat_gaps(writes, 3s);
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].from, from_ns(2'010'000'000));
  EXPECT_EQ(gaps[0].until, from_ns(10'020'000'000));
}

TEST(HeartbeatRecord, AWriteThatIsNeverAnsweredIsAGapWithoutEnd) {
  const auto gaps = heartbeat_gaps(heartbeat_writes({beat(0, 10, 1), beat(2000, {}, 2)}, kRegion), 3s);
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_FALSE(gaps[0].until);
  EXPECT_TRUE(heartbeat_gaps(heartbeat_writes({beat(0, 10, 1)}, kRegion), 3s).empty());
}

TEST(HeartbeatRecord, IsJsonAsItsReadersKnowIt) {
  const auto writes = heartbeat_writes({beat(0, 10, 7), beat(5000, {}, 8)}, kRegion);
  const auto out = heartbeat_json(2, 0, kRegion, writes, 3s);
  EXPECT_EQ(
      out.dump(),
      R"({"node":2,"volume":0,"start_byte":1048576,"block_bytes":512,"writes":[)"
      R"({"t_ns":0,"latency_ns":10000000,"slot":2,"seq":7,"generation":"000000000000feed","dead_ms":8000},)"
      R"({"t_ns":5000000000,"latency_ns":null,"slot":2,"seq":8,"generation":"000000000000feed","dead_ms":8000}],)"
      R"("gaps":[{"from_ns":10000000,"to_ns":null,"seconds":null}]})");
}

}  // namespace
}  // namespace o2lab
