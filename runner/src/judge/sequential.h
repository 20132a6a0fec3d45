// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "judge/statistics.h"

namespace o2lab {

// What may be looked at after every trial, and stopped by: the probability that it is ever wrong, at any
// number of trials, is at most 1 - confidence. An interval for a fixed number of trials (wilson()) has no
// such promise.

/// Rates that `hits` in `trials` leave possible, as a confidence sequence: those under which the trials are
/// not 1/(1 - confidence) times less probable than under a mixture of all rates (Beta(1/2, 1/2); Robbins,
/// 1970, by Ville's inequality). 0 to 1 without trials.
Range confidence_sequence(int64_t hits, int64_t trials, double confidence);

/// Whether two kinds of trial, done in pairs of one each, fail at the same rate. The evidence is a product
/// over the pairs of how much more probable each is under two rates, guessed from the pairs before it, than
/// under their mean: whatever the common rate, the expectation of each factor is at most 1, so that the
/// product ever reaches 1/alpha with probability alpha at most (after Turner, Ly and Grünwald, "Generic
/// E-variables for exact sequential k-sample tests", 2024).
class RatesDiffer {
 public:
  /// Both trials of a pair, true when it failed.
  void pair(bool a, bool b);
  /// That they differ, in [0, 1); stays where it has been once.
  double confidence() const;

 private:
  double log_evidence_ = 0, most_ = 0;
  int64_t pairs_ = 0, failed_a_ = 0, failed_b_ = 0;
};

}  // namespace o2lab
