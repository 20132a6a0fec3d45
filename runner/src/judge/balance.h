// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "base/clock.h"

namespace o2lab {

/// Which of `shards` shards (from 0) each of these lengths goes to: the longest first, each to the shard that
/// has the least so far; the sum of the busiest one is at most 4/3 of the smallest possible (Graham). Equal
/// lengths are taken in their order, and of equal shards the first, so that the same input is always the same
/// partition.
std::vector<int> balance(const std::vector<Duration>& lengths, int shards);

}  // namespace o2lab
