// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/tcp_reset.h"

#include "net/tcp_segment.h"

namespace o2lab {

namespace {

constexpr size_t kIp = kEthernetHeader;
constexpr uint32_t kTcpHeader = 20;
constexpr uint8_t kTcp = 6;

using Bytes = std::vector<std::byte>;

uint8_t byte_at(Frame frame, size_t offset) {
  return std::to_integer<uint8_t>(frame[offset]);
}

void put16(Bytes& bytes, size_t offset, uint32_t value) {
  bytes[offset] = static_cast<std::byte>(value >> 8 & 0xff);
  bytes[offset + 1] = static_cast<std::byte>(value & 0xff);
}

/// 16-bit words, of which all ranges here have a whole number.
uint32_t sum(const Bytes& bytes, size_t from, size_t to) {
  uint32_t total = 0;
  for (size_t i = from; i + 1 < to; i += 2)
    total += static_cast<uint32_t>(byte_at(bytes, i) << 8 | byte_at(bytes, i + 1));
  return total;
}

uint32_t checksum(uint32_t total) {
  while (total >> 16 != 0) total = (total & 0xffff) + (total >> 16);
  return ~total & 0xffff;
}

}  // namespace

std::vector<std::byte> as_tcp_reset(Frame frame) {
  const std::optional<TcpSegment> segment = tcp_segment(frame);
  if (!segment) return {};
  const size_t tcp = segment->tcp;
  const size_t ip_header = tcp - kIp;
  const size_t end = tcp + kTcpHeader;
  Bytes out(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(end));
  put16(out, kIp + 2, static_cast<uint32_t>(ip_header + kTcpHeader));
  put16(out, kIp + 10, 0);
  put16(out, kIp + 10, checksum(sum(out, kIp, tcp)));
  out[tcp + 12] = std::byte{5 << 4};  // words of header: no options
  out[tcp + 13] = std::byte{0x14};    // RST, ACK
  for (size_t i = 14; i < kTcpHeader; ++i) out[tcp + i] = std::byte{0};
  // Over the addresses, the protocol and the length as well.
  put16(out, tcp + 16, checksum(sum(out, kIp + 12, kIp + 20) + kTcp + kTcpHeader + sum(out, tcp, end)));
  return out;
}

}  // namespace o2lab
