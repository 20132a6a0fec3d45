// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>

#include "judge/lab.h"
#include "steps.h"
#include "windows.h"

namespace o2lab {

/// Of the heartbeat writes of `node` that were asked after `since`: those that took at least `least`.
inline int64_t slow_beats(Lab& lab, Node& node, TimePoint since, Duration least, int volume = 0) {
  const auto writes = lab.heartbeat_writes_of(node, volume);
  return std::count_if(writes.begin(), writes.end(), [&](const HeartbeatWrite& write) {
    return write.at >= since && write.good() && *write.finished - write.at >= least;
  });
}

/// The longest time from one good heartbeat write of `node` to the next that was finished after `since`. A
/// hang of the whole disk holds the read that comes before a write, so the write is late rather than slow.
inline Duration longest_gap(Lab& lab, Node& node, TimePoint since, int volume = 0) {
  Duration longest = Duration::zero();
  for (const HeartbeatGap& gap : heartbeat_gaps(lab.heartbeat_writes_of(node, volume), Duration::zero()))
    if (gap.until && *gap.until >= since) longest = std::max(longest, *gap.until - gap.from);
  return longest;
}

}  // namespace o2lab
