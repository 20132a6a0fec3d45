// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <vector>

#include "base/event_log.h"
#include "cluster/heartbeat_block.h"
#include "observe/audit_result.h"
#include "observe/disk_record.h"

namespace o2lab {

inline constexpr const char* kDownWasSilent = "a_node_called_down_was_silent";

/// Disk heartbeat: each region DOWN of node B on node A (o2hb_node_event of class region: the node as a whole
/// follows from the last region, so regions are all that is judged) against what the disk record has of B's
/// block, as o2hb_check_slot() and o2hb_thread() of fs/ocfs2/cluster/ go. Right is one of
/// - A leaves the region itself (o2hb_shutdown_slot() calls everyone down),
/// - B's block has generation 0 (a leave in order), or its generation changed,
/// - nothing new in B's block (hb_seq changes, checksum good) from its last beat to A's last look at it, for
///   at least B's own write timeout, which is one period less than hb_dead_ms of that beat; B had fenced
///   itself by then. Of that goes the error of A's clock and the time that the look took.
/// Where B was silent, it must have gone, or have been under a fault that begins at most `kFaultLead` before:
/// else its beats stood still by themselves.
///
/// Not judged, and counted in `looked_at`: what happened before the case (of a checkpoint), what A's clock
/// does not place, nodes whose A had a clock fault, B without a beat in the record, a region on no known
/// volume. Of several volumes without an o2hb_beat that tells which one a region is on, one that justifies
/// the DOWN is enough. `timeline`: on_host_clock(). `regions` by volume. Pure.
AuditResult audit_silence(const std::vector<Event>& timeline, const DiskRecord& record,
                          const std::map<int, HeartbeatRegion>& regions);

}  // namespace o2lab
