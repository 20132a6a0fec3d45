// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "report/past.h"

namespace o2lab {

/// How fence, detect, recover and resume times are spread: a row each and for each set of timeouts, a dot a
/// measurement with its case, earlier runs faint above, median and quartiles of this run below. Empty without
/// measurements.
std::string distributions_html(const std::vector<Took>& now, const std::vector<Took>& earlier);

}  // namespace o2lab
