// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/event_log.h"
#include "cluster/heartbeat_block.h"
#include "observe/audit_result.h"
#include "observe/disk_record.h"

namespace o2lab {

/// A survivor began to recover a node: from here on nothing of that incarnation may reach the volume.
struct Recovery {
  int dead = 0;
  int incarnation = 0;  ///< the last one that is dead by it
  int volume = 0;
  int survivor = 0;
  TimePoint at;     ///< when the survivor called it dead, or if it had not by then, `begun`
  TimePoint begun;  ///< when the survivor's console said that the replay begins
};

/// The recoveries of a timeline: each "Begin replay journal (node N, slot S) on device (MAJOR,MINOR)" of
/// fs/ocfs2/journal.c, dated by that survivor's o2hb_node_event "global down" before it. The
/// replay is stamped as it arrives at the host, so never too early; the other, where on_host_clock() has
/// placed it, with the error of that clock before it. A node that never went, as the host sees it, is
/// recovered alive: its running incarnation is the dead one.
std::vector<Recovery> recoveries_of(const std::vector<Event>& timeline);

inline constexpr const char* kNoWriteAfterFence = "no_write_after_fence";

/// No write of a node reaches the shared file once a survivor recovers it. Pure; one finding an incarnation
/// and volume, with the number of such writes and the first of them. A request that never ended is no
/// finding. `regions` by volume tells heartbeat blocks from the rest; may be empty.
AuditResult audit_writes_after_fence(const std::vector<Event>& timeline, const DiskRecord& record,
                                     const std::map<int, HeartbeatRegion>& regions);

}  // namespace o2lab
