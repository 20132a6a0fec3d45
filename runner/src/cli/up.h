// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/options.h"

namespace o2lab {

/// `o2lab up TOPOLOGY -- COMMAND`: boots, runs the command on node1, ends the lab. Returns the command's exit
/// status.
int run_up_once(const Options& options, const StopFd& stop);

}  // namespace o2lab
