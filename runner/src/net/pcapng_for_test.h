// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/fd.h"

namespace o2lab {

/// What a capture holds, read back block by block.
struct Capture {
  struct Packet {
    uint32_t interface = 0;
    int64_t wall_ns = 0;
    std::string data;
    std::string comment;
  };
  std::vector<std::string> interfaces;
  std::vector<Packet> packets;
  bool whole = false;  ///< every block was complete and its two lengths agreed
};

inline uint32_t u32_at(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  if (at + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// The value of option `code` in a list that begins at `at`, empty when it is not there.
inline std::string option_at(const std::string& block, size_t at, uint32_t code) {
  while (at + 8 <= block.size()) {
    const uint32_t head = u32_at(block, at);
    const uint32_t size = head >> 16;
    if ((head & 0xFFFF) == code) return block.substr(at + 4, size);
    at += 4 + (size + 3) / 4 * 4;
  }
  return {};
}

inline Capture read_capture(const fs::path& file) {
  const std::string all = read_file(file);
  Capture capture;
  size_t at = 0;
  while (at + 12 <= all.size()) {
    const uint32_t length = u32_at(all, at + 4);
    if (length < 12 || at + length > all.size() || u32_at(all, at + length - 4) != length) return capture;
    const std::string block = all.substr(at, length);
    if (u32_at(block, 0) == 1) capture.interfaces.push_back(option_at(block, 16, 2));
    if (u32_at(block, 0) == 6) {
      const uint32_t size = u32_at(block, 20);
      const uint64_t stamp = static_cast<uint64_t>(u32_at(block, 12)) << 32 | u32_at(block, 16);
      capture.packets.push_back({u32_at(block, 8), static_cast<int64_t>(stamp), block.substr(28, size),
                                 option_at(block, 28 + (size + 3) / 4 * 4, 1)});
    }
    at += length;
  }
  capture.whole = at == all.size() && at > 0;
  return capture;
}

}  // namespace o2lab
