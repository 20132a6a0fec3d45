// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/heartbeat_block.h"

namespace o2lab {

namespace {

uint64_t little_endian(std::span<const std::byte> bytes, size_t offset, size_t width) {
  uint64_t value = 0;
  for (size_t i = width; i-- > 0;) value = (value << 8) | std::to_integer<uint64_t>(bytes[offset + i]);
  return value;
}

}  // namespace

std::optional<int> HeartbeatRegion::slot_of(uint64_t offset) const {
  if (offset < start_byte || offset - start_byte >= bytes()) return std::nullopt;
  return static_cast<int>((offset - start_byte) / block_bytes);
}

std::vector<HeartbeatBlock> decode_heartbeat(std::span<const std::byte> region, uint32_t block_bytes) {
  std::vector<HeartbeatBlock> out;
  if (block_bytes < 32) return out;
  for (size_t at = 0; at + block_bytes <= region.size(); at += block_bytes) {
    const auto block = region.subspan(at, block_bytes);
    out.push_back({static_cast<int>(at / block_bytes), little_endian(block, 0, 8),
                   std::to_integer<int>(block[8]), static_cast<uint32_t>(little_endian(block, 12, 4)),
                   little_endian(block, 16, 8), static_cast<uint32_t>(little_endian(block, 24, 4))});
  }
  return out;
}

}  // namespace o2lab
