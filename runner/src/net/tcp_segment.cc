// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/tcp_segment.h"

namespace o2lab {

namespace {

constexpr size_t kIp = kEthernetHeader;
constexpr size_t kTcpHeader = 20;
constexpr uint8_t kTcp = 6;

uint8_t byte_at(Frame frame, size_t offset) {
  return std::to_integer<uint8_t>(frame[offset]);
}

uint16_t u16(Frame frame, size_t offset) {
  return static_cast<uint16_t>(byte_at(frame, offset) << 8 | byte_at(frame, offset + 1));
}

uint32_t u32(Frame frame, size_t offset) {
  return static_cast<uint32_t>(u16(frame, offset)) << 16 | u16(frame, offset + 2);
}

}  // namespace

std::optional<TcpSegment> tcp_segment(Frame frame) {
  if (frame.size() < kIp + 20) return {};
  const bool ipv4 = u16(frame, 12) == 0x0800 && byte_at(frame, kIp) >> 4 == 4;
  const bool first = (u16(frame, kIp + 6) & 0x1fff) == 0;
  if (!ipv4 || !first || byte_at(frame, kIp + 9) != kTcp) return {};
  const size_t ip_header = static_cast<size_t>(byte_at(frame, kIp) & 0x0f) * 4;
  const size_t tcp = kIp + ip_header;
  if (ip_header < 20 || frame.size() < tcp + kTcpHeader) return {};
  TcpSegment segment;
  segment.tcp = tcp;
  segment.source_address = u32(frame, kIp + 12);
  segment.destination_address = u32(frame, kIp + 16);
  segment.source_port = u16(frame, tcp);
  segment.destination_port = u16(frame, tcp + 2);
  segment.sequence = u32(frame, tcp + 4);
  segment.flags = byte_at(frame, tcp + 13);
  return segment;
}

}  // namespace o2lab
