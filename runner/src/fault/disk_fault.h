// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cluster/heartbeat_block.h"
#include "disk/disk_rule.h"

namespace o2lab {

/// What is to become of a node's requests to a volume, for Lab::fault_disk(). Reads as a sentence:
/// `disk_delay(3s, 1s).writes().to_heartbeat()`, `disk_hang().but_heartbeat().of_volume(1)`.
/// Without more it is for the whole of volume 0, reads and writes.
struct DiskFault {
  enum class Range { all, heartbeat, but_heartbeat };
  DiskRule rule;
  Range range = Range::all;
  int volume = 0;

  DiskFault reads() const {
    DiskFault out = *this;
    out.rule.writes = false;
    return out;
  }
  /// Trim and zero are writes.
  DiskFault writes() const {
    DiskFault out = *this;
    out.rule.reads = false;
    return out;
  }
  /// Only the volume's heartbeat region.
  DiskFault to_heartbeat() const {
    DiskFault out = *this;
    out.range = Range::heartbeat;
    return out;
  }
  /// Everything but it. QEMU has 16 requests under way at most (event disk_path_full): when all of them are
  /// held, heartbeat waits as well.
  DiskFault but_heartbeat() const {
    DiskFault out = *this;
    out.range = Range::but_heartbeat;
    return out;
  }
  DiskFault of_volume(int number) const {
    DiskFault out = *this;
    out.volume = number;
    return out;
  }
};

/// Held until the fault is taken back.
inline DiskFault disk_hang() {
  return {};
}
/// Ended with EIO; writes do not reach the disk.
inline DiskFault disk_eio() {
  return {{.action = DiskRule::Action::eio}};
}
/// Each held for `delay` plus or minus at most `jitter`, from the seed of the run.
inline DiskFault disk_delay(Duration delay, Duration jitter = Duration::zero()) {
  return {{.action = DiskRule::Action::delay, .delay = delay, .jitter = jitter}};
}
/// One after the other, as many bytes a second.
inline DiskFault disk_rate(uint64_t bytes_per_second) {
  return {{.action = DiskRule::Action::rate, .bytes_per_second = bytes_per_second}};
}

/// How events name the range.
const char* name_of(DiskFault::Range range);
/// The rule for one node's path. `region` is not asked when the range is all; the seed goes into the jitter.
DiskRule rule_of(const DiskFault& fault, const HeartbeatRegion& region, uint64_t seed);

}  // namespace o2lab
