// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "ssh/remote_shell.h"

namespace o2lab {

/// What the user typed behind --, as the node's shell gets it.
std::string remote_command(const std::vector<std::string>& words);

/// Prints what a command on a node printed, and returns its exit status; 1 when a signal ended it.
int pass_on(const CommandResult& result);

}  // namespace o2lab
