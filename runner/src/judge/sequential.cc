// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/sequential.h"

#include <algorithm>
#include <cmath>

namespace o2lab {

namespace {

/// Logarithm of the probability of so many hits and misses in their order.
double log_likelihood(double rate, double hits, double misses) {
  double out = 0;
  if (hits > 0) out += hits * std::log(rate);
  if (misses > 0) out += misses * std::log1p(-rate);
  return out;
}

}  // namespace

Range confidence_sequence(int64_t hits, int64_t trials, double confidence) {
  if (trials <= 0) return {0, 1};
  const auto k = static_cast<double>(hits);
  const auto misses = static_cast<double>(trials - hits);
  const double least = log_beta(k + 0.5, misses + 0.5) - log_beta(0.5, 0.5) + std::log1p(-confidence);
  // The likelihood falls off on both sides of the share seen.
  const auto edge = [&](double inside, double outside) {
    if (log_likelihood(outside, k, misses) >= least) return outside;
    while (std::abs(inside - outside) > 1e-9) {
      const double middle = (inside + outside) / 2;
      (log_likelihood(middle, k, misses) >= least ? inside : outside) = middle;
    }
    return outside;
  };
  const double share = k / static_cast<double>(trials);
  return {edge(share, 0), edge(share, 1)};
}

void RatesDiffer::pair(bool a, bool b) {
  // Guesses shrunk towards each other by half a trial of either kind, so that neither is ever 0 or 1.
  const auto guess = [&](int64_t failed) {
    return (static_cast<double>(failed) + 0.5) / (static_cast<double>(pairs_) + 1);
  };
  const double rate_a = guess(failed_a_);
  const double rate_b = guess(failed_b_);
  const double both = (rate_a + rate_b) / 2;
  const auto log_ratio = [&](bool failed, double rate) {
    return std::log(failed ? rate / both : (1 - rate) / (1 - both));
  };
  log_evidence_ += log_ratio(a, rate_a) + log_ratio(b, rate_b);
  most_ = std::max(most_, log_evidence_);
  ++pairs_;
  failed_a_ += a ? 1 : 0;
  failed_b_ += b ? 1 : 0;
}

double RatesDiffer::confidence() const {
  return 1 - std::exp(-most_);
}

}  // namespace o2lab
