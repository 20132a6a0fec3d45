// SPDX-License-Identifier: GPL-2.0-or-later
// When what must happen may happen, by the timeouts of the topology.
#pragma once

#include "judge/lab.h"

namespace o2lab {

/// What two busy host cores may add to the kernel's own timers.
inline constexpr Duration kHostSlack = 1500ms;

/// From a fault of the disk path to the fence by o2hb_write_timeout (fs/ocfs2/cluster/heartbeat.c). The timer
/// runs from the last good write, which is up to one beat older than the fault.
inline Window disk_timeout_window(const Lab& lab) {
  return between(lab.topology().write_timeout() - Topology::heartbeat_period - 500ms,
                 lab.topology().write_timeout_latest() + kHostSlack);
}

/// From a cut to the fence by o2quo_make_decision (fs/ocfs2/cluster/quorum.c).
inline Window quorum_window(const Lab& lab) {
  return between(lab.topology().quorum_decision_earliest() - 500ms,
                 lab.topology().quorum_decision_latest() + kHostSlack);
}

/// The longest that a node which has just beaten may stand still without being called dead: half a beat is
/// left for a busy host. Its next beat comes up to one period after it runs on.
inline Duration longest_unmissed_pause(const Lab& lab) {
  return lab.topology().dead_earliest() - Topology::heartbeat_period / 2;
}

/// From a death to the end of its recovery: it is noticed, then the domain and the journal are recovered,
/// measured at 1 to 3 s, on a loaded host more.
inline Duration recovery_latest(const Lab& lab) {
  return lab.topology().dead_latest() + 12s;
}

}  // namespace o2lab
