// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace o2lab {

/// Names of the groups of figures, in the order of the table.
std::vector<std::string> bench_parts();

}  // namespace o2lab
