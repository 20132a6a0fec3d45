// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "judge/failure_rate.h"

namespace o2lab {

/// Where the failure rate of a case changed, if it did: a flake fails at the same rate all the time, and only
/// its luck differs from run to run.
struct RateChange {
  size_t first = 0;  ///< the run from which on it fails at another rate; 0: there is none
  FailureRate before;
  FailureRate after;
  /// Of a change that looks at least as sharp, anywhere, when the rate never changed: by shuffling the
  /// trials, so nothing is assumed of the rate. Never below 1/10000.
  double probability = 1;
};

enum class RateMoved { up, down };

/// The sharpest change in this direction between two of `runs`, oldest first: the one with the largest
/// likelihood ratio of two rates against one. The same for the same runs: its shuffles come from a fixed
/// seed.
RateChange rate_change(const std::vector<FailureRate>& runs, RateMoved direction);

}  // namespace o2lab
