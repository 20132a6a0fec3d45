// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace o2lab {

constexpr int kSyn = 0x02;
constexpr int kAck = 0x10;

/// Ethernet, IPv4 and TCP headers without options, 10.77.0.1 to 10.77.0.2; no checksums.
inline std::string tcp_frame(uint16_t from_port, uint16_t to_port, int flags, uint32_t sequence = 1) {
  const auto u16 = [](uint32_t value) {
    return std::string{static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
  };
  std::string frame = std::string("\x52\x54\0\xcc\0\x02\x52\x54\0\xcc\0\x01\x08\0", 14);
  frame +=
      std::string("\x45\0\0\x28\0\0\0\0\x40\x06\0\0", 12) + std::string("\x0a\x4d\0\x01\x0a\x4d\0\x02", 8);
  frame += u16(from_port) + u16(to_port) + u16(sequence >> 16) + u16(sequence) + std::string(4, '\0');
  frame += "\x50" + std::string(1, static_cast<char>(flags)) + std::string(6, '\0');
  return frame;
}

}  // namespace o2lab
