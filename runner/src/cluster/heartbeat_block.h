// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace o2lab {

/// Where a volume's heartbeat region lies; configfs shows it as start_block, block_bytes and blocks of the
/// region.
struct HeartbeatRegion {
  uint64_t start_byte = 0;
  uint32_t block_bytes = 512;
  uint32_t blocks = 0;

  /// Node slot that a write at `offset` falls into, if it falls into the region at all.
  std::optional<int> slot_of(uint64_t offset) const;
  uint64_t bytes() const { return uint64_t{block_bytes} * blocks; }
};

/// struct o2hb_disk_heartbeat_block (fs/ocfs2/cluster/ocfs2_heartbeat.h), decoded from little endian.
struct HeartbeatBlock {
  int slot = 0;           ///< index in the region, which is the node number
  uint64_t sequence = 0;  ///< hb_seq: seconds since the epoch of the writer's clock, 0 when the slot is empty
                          ///< or left in order
  int node = 0;           ///< hb_node
  uint32_t checksum = 0;  ///< hb_cksum
  uint64_t generation = 0;  ///< hb_generation, random a region start; 0 on an orderly leave
  uint32_t dead_ms = 0;     ///< hb_dead_ms: the writer's dead time, milliseconds
};

/// All slots of a region image; a short last block is left out.
std::vector<HeartbeatBlock> decode_heartbeat(std::span<const std::byte> region, uint32_t block_bytes);

}  // namespace o2lab
