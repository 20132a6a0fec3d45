// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "judge/session.h"

namespace o2lab {

/// So many nodes, booted and nothing more.
CaseSpec booted(int nodes);

/// Boots them until each has answered a command. `seconds`: from when the first was asked for to then.
Cluster& boot_until_answered(Session& session, int nodes, double& seconds);

}  // namespace o2lab
