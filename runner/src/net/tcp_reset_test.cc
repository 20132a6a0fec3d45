// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/tcp_reset.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace o2lab {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

// 10.77.0.2:40000 to 10.77.0.1:7777, sequence 0x01020304, acknowledges 0x05060708, PSH ACK, a timestamp
// option, 3 bytes of data. The checksums are those of the segment, so what it becomes must have others.
const std::vector<std::byte> kSegment = bytes({
    0x52, 0x54, 0,    0xcc, 0, 1, 0x52, 0x54, 0,  0xcc, 0,    2,    8,    0,           // Ethernet
    0x45, 0,    0,    55,   0, 1, 0x40, 0,    64, 6,    0x26, 0x21, 10,   77,   0, 2,  // IPv4
    10,   77,   0,    1,                                                               //
    0x9c, 0x40, 0x1e, 0x61, 1, 2, 3,    4,    5,  6,    7,    8,    0x80, 0x18, 1, 2,  // TCP
    0x12, 0x34, 0,    0,    1, 1, 8,    10,   0,  0,    0,    1,    0,    0,    0, 2,  // options
    'a',  'b',  'c',
});

/// The checksum rule of RFC 1071: with its checksum in place the sum of all 16-bit words is all ones.
uint32_t folded(Frame frame, size_t from, size_t to, uint32_t total = 0) {
  for (size_t i = from; i + 1 < to; i += 2)
    total += std::to_integer<uint32_t>(frame[i]) << 8 | std::to_integer<uint32_t>(frame[i + 1]);
  while (total >> 16 != 0) total = (total & 0xffff) + (total >> 16);
  return total;
}

TEST(TcpReset, KeepsThePlaceInTheStreamAndDropsTheData) {
  const std::vector<std::byte> reset = as_tcp_reset(kSegment);
  ASSERT_EQ(reset.size(), 14U + 20U + 20U);
  const auto same = [&](size_t from, size_t to) {
    return std::equal(reset.begin() + static_cast<std::ptrdiff_t>(from),
                      reset.begin() + static_cast<std::ptrdiff_t>(to),
                      kSegment.begin() + static_cast<std::ptrdiff_t>(from));
  };
  EXPECT_TRUE(same(0, 16)) << "Ethernet addresses and type, IP version";
  EXPECT_TRUE(same(26, 46)) << "addresses, ports, sequence, acknowledgement";
  EXPECT_EQ(reset[17], std::byte{40}) << "total length";
  EXPECT_EQ(reset[46], std::byte{0x50}) << "no options";
  EXPECT_EQ(reset[47], std::byte{0x14}) << "RST and ACK";
  EXPECT_EQ(folded(reset, 14, 34), 0xffffU) << "IP checksum";
  EXPECT_EQ(folded(reset, 34, 54, folded(reset, 26, 34) + 6 + 20), 0xffffU) << "TCP checksum";
}

TEST(TcpReset, OnlyTcpOverIpv4BecomesOne) {
  EXPECT_TRUE(as_tcp_reset(Frame()).empty());
  EXPECT_TRUE(as_tcp_reset(Frame(kSegment).first(14 + 20 + 19)).empty()) << "cut short";
  const auto with = [](size_t offset, int value) {
    std::vector<std::byte> other = kSegment;
    other[offset] = static_cast<std::byte>(value);
    return as_tcp_reset(other);
  };
  EXPECT_TRUE(with(13, 6).empty()) << "ARP";
  EXPECT_TRUE(with(14, 0x65).empty()) << "another IP version";
  EXPECT_TRUE(with(14, 0x44).empty()) << "a header that cannot be";
  EXPECT_TRUE(with(14, 0x4f).empty()) << "a header longer than the frame";
  EXPECT_TRUE(with(21, 1).empty()) << "a later fragment";
  EXPECT_TRUE(with(23, 17).empty()) << "UDP";
  EXPECT_FALSE(with(14, 0x45).empty());
}

}  // namespace
}  // namespace o2lab
