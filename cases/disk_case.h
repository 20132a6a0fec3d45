// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>

#include "judge/lab.h"

namespace o2lab {

/// Since a fault that stops a node's heartbeat writes, until it has fenced itself: its timer runs from the
/// last good write, which is up to one beat older than the fault. The slack is what two busy host cores may
/// add.
inline Window disk_timeout(const Lab& lab) {
  return between(lab.topology().write_timeout() - Topology::heartbeat_period - 500ms,
                 lab.topology().write_timeout_latest() + 1500ms);
}

/// Who is left can write at once, or once the dead are recovered.
inline void keep_working(Lab& lab, const std::vector<Node*>& nodes) {
  for (Node* node : nodes) {
    const auto writer = lab.append(*node, "/mnt/after-" + node->name());
    writer->wait_for(10, lab.topology().dead_latest() + 30s);
    writer->stop();
    lab.check_appended(*node, *writer);
  }
}
inline void keep_working(Lab& lab) {
  keep_working(lab, lab.survivors());
}

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

/// A console line of a node that has `text` in it.
inline std::function<bool(const Event&)> line_of(int node, std::string text) {
  return [node, text = std::move(text)](const Event& event) {
    return event.node == node && event.kind == "line" &&
           event.fields.value("text", "").find(text) != std::string::npos;
  };
}

}  // namespace o2lab
