// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <vector>

#include "cluster/node.h"
#include "observe/fence_oracle.h"
#include "observe/sbd_record.h"

namespace o2lab {

/// Why an incarnation ended, from what its kernel said last and who ended it.
Death death_of(const NodeGone& gone);

/// The same, knowing what has been on sbd's disks. A node that restarts, goes off or panics by itself has
/// done what a message says that it has read since its power-on at `since`. `messages` is asked for nothing
/// else.
Death death_of(const NodeGone& gone, TimePoint since,
               const std::function<std::vector<SbdMessage>()>& messages);

}  // namespace o2lab
