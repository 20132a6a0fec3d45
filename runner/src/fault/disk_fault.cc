// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault/disk_fault.h"

namespace o2lab {

const char* name_of(DiskFault::Range range) {
  switch (range) {
    case DiskFault::Range::all:
      return "all";
    case DiskFault::Range::heartbeat:
      return "heartbeat";
    case DiskFault::Range::but_heartbeat:
      return "all but heartbeat";
  }
  return "?";
}

DiskRule rule_of(const DiskFault& fault, const HeartbeatRegion& region, uint64_t seed) {
  DiskRule rule = fault.rule;
  if (fault.range != DiskFault::Range::all) {
    rule.offset = region.start_byte;
    rule.length = region.bytes();
    rule.outside = fault.range == DiskFault::Range::but_heartbeat;
  }
  rule.seed = seed;
  return rule;
}

}  // namespace o2lab
