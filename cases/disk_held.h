// SPDX-License-Identifier: GPL-2.0-or-later
// What the disk path of a node holds back.
#pragma once

#include <algorithm>

#include "disk/disk_log.h"
#include "judge/lab.h"

namespace o2lab {

/// Waits until a write of `node` outside the heartbeat region, asked after `since`, is held on its path.
inline void wait_held_write(Lab& lab, Node& node, const HeartbeatRegion& region, TimePoint since,
                            Duration limit) {
  lab.wait_until("a write of " + node.name() + " to be held", limit, [&] {
    DiskLog log(lab.cluster().path(node.number()).log_file());
    log.refresh();
    const auto held =
        std::count_if(log.requests().begin(), log.requests().end(), [&](const DiskRequest& request) {
          return request.at >= since && request.changes_data() && !request.finished &&
                 !region.slot_of(request.offset);
        });
    return Seen{held > 0, "none is"};
  });
}

}  // namespace o2lab
