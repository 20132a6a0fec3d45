// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/rate_change.h"

#include <cmath>
#include <random>
#include <utility>

namespace o2lab {
namespace {

/// Logarithm of the largest likelihood of that many failures under one rate.
double likelihood(const FailureRate& rate) {
  const auto term = [&](int64_t n) {
    return n == 0 ? 0
                  : static_cast<double>(n) * std::log(static_cast<double>(n) / static_cast<double>(rate.ran));
  };
  return term(rate.failed) + term(rate.ran - rate.failed);
}

struct Sharpest {
  size_t first = 0;
  double ratio = 0;  ///< logarithm
};

Sharpest sharpest_of(const std::vector<FailureRate>& runs, const FailureRate& all, RateMoved direction) {
  Sharpest out;
  FailureRate before;
  for (size_t first = 1; first < runs.size(); ++first) {
    before.ran += runs[first - 1].ran;
    before.failed += runs[first - 1].failed;
    const FailureRate after{all.ran - before.ran, all.failed - before.failed};
    if (before.ran == 0 || after.ran == 0) continue;
    const double rise = after.share() - before.share();
    if (direction == RateMoved::up ? rise <= 0 : rise >= 0) continue;
    const double ratio = likelihood(before) + likelihood(after) - likelihood(all);
    if (ratio > out.ratio) out = {first, ratio};
  }
  return out;
}

/// The same failures, dealt to the trials anew.
void deal(std::vector<FailureRate>& runs, const FailureRate& all, std::mt19937_64& random) {
  int64_t trials = all.ran, left = all.failed;
  for (FailureRate& run : runs) {
    run.failed = 0;
    for (int64_t i = 0; i < run.ran; ++i, --trials) {
      const bool hit = random() % static_cast<uint64_t>(trials) < static_cast<uint64_t>(left);
      run.failed += hit ? 1 : 0;
      left -= hit ? 1 : 0;
    }
  }
}

}  // namespace

RateChange rate_change(const std::vector<FailureRate>& runs, RateMoved direction) {
  FailureRate all;
  for (const FailureRate& run : runs) {
    all.ran += run.ran;
    all.failed += run.failed;
  }
  RateChange out;
  const Sharpest seen = sharpest_of(runs, all, direction);
  if (seen.first == 0) return out;
  out.first = seen.first;
  for (size_t i = 0; i < runs.size(); ++i) {
    FailureRate& side = i < seen.first ? out.before : out.after;
    side.ran += runs[i].ran;
    side.failed += runs[i].failed;
  }
  constexpr int shuffles = 9999;
  constexpr double equal = 1e-9;  // as sharp but for rounding
  std::mt19937_64 random(1);
  std::vector<FailureRate> dealt = runs;
  int as_sharp = 1;  // the one that was seen
  for (int i = 0; i < shuffles; ++i) {
    deal(dealt, all, random);
    as_sharp += sharpest_of(dealt, all, direction).ratio >= seen.ratio - equal ? 1 : 0;
  }
  out.probability = static_cast<double>(as_sharp) / (shuffles + 1);
  return out;
}

}  // namespace o2lab
