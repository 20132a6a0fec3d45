// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cluster/heartbeat_block.h"
#include "disk/disk_log.h"

namespace o2lab {

/// One write of one node into a heartbeat region, as its disk path recorded it.
struct HeartbeatWrite {
  TimePoint at;                       ///< asked for
  std::optional<TimePoint> finished;  ///< answered; empty while held, and for ever when the path ended first
  std::string error;                  ///< "EIO"…: it is not in the region
  bool checksum_ok = false;           ///< hb_cksum is that of the block
  HeartbeatBlock block;               ///< slot is where it was written to

  bool good() const { return finished && error.empty(); }
};

/// A time without a good heartbeat write that was longer than the kernel means it to be.
struct HeartbeatGap {
  TimePoint from;                  ///< the last good write
  std::optional<TimePoint> until;  ///< the next one; empty: there was none, though one was asked for
};

/// The heartbeat writes among the requests of a path: those of one block of the region.
std::vector<HeartbeatWrite> heartbeat_writes(const std::vector<DiskRequest>& requests,
                                             const HeartbeatRegion& region);

/// Gaps of more than `longest` from one good write to the next; a node that left in order and came again
/// makes one as well. At the end it is a gap only if a write failed or was never answered.
std::vector<HeartbeatGap> heartbeat_gaps(const std::vector<HeartbeatWrite>& writes, Duration longest);

/// hb_cksum as o2hb_compute_block_crc_le() (fs/ocfs2/cluster/heartbeat.c) has it: crc32_le with seed 0 over
/// the block with hb_cksum 0.
uint32_t heartbeat_checksum(std::vector<std::byte> block);

/// An element of heartbeat.json: {"node", "volume", "start_byte", "block_bytes", "writes": [{"t_ns",
/// "latency_ns" or null, "slot", "seq", "generation" as hex text, "dead_ms", and where they say something
/// "checksum_ok": false, "error", "by" (hb_node, when it is not the slot)}], "gaps": [{"from_ns", "to_ns" or
/// null, "seconds"}]}. Times are CLOCK_MONOTONIC of the host.
nlohmann::ordered_json heartbeat_json(int node, int volume, const HeartbeatRegion& region,
                                      const std::vector<HeartbeatWrite>& writes, Duration longest);

}  // namespace o2lab
