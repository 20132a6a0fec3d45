// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "report/history.h"

namespace o2lab {

/// Its cases count where it was merged into, or will be: a shard of a night, or a run that was merged.
bool is_a_part(const fs::path& run_dir);
/// Of a word on the command line: a run directory, which is stored by that, gives its id; anything else is a
/// pattern of ids. Throws input for a directory that is_a_part().
std::string pattern_of(RunHistory& history, const std::string& runs);
/// Ids of the stored runs that match; throws input when there are none.
std::vector<std::string> known_runs(RunHistory& history, const std::string& pattern);

}  // namespace o2lab
