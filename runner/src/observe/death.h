// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cluster/node.h"
#include "observe/fence_oracle.h"

namespace o2lab {

/// Why an incarnation ended, from what its kernel said last and who ended it.
Death death_of(const NodeGone& gone);

}  // namespace o2lab
