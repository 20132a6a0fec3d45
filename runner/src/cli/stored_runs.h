// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "report/history.h"

namespace o2lab {

/// Of a word on the command line: a run directory, which is stored by that, gives its id; anything else is a
/// pattern of ids.
std::string pattern_of(RunHistory& history, const std::string& runs);
/// Ids of the stored runs that match; throws input when there are none.
std::vector<std::string> known_runs(RunHistory& history, const std::string& pattern);

}  // namespace o2lab
