// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/kernel_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace o2lab {

size_t kernel_of(uint64_t seed, int64_t pair, size_t half) {
  // splitmix64's finaliser: neighbouring pairs have nothing in common.
  uint64_t x = seed + static_cast<uint64_t>(pair + 1) * 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<size_t>((x ^ (x >> 31)) & 1) ^ half;
}

void KernelComparison::add(int64_t pair, size_t kernel, const CaseResult& result) {
  rates_[kernel].add(result);
  Pair& there = waiting_[pair];
  there.showed[kernel] = result.told() ? (result.showed() ? Trial::failed : Trial::passed) : Trial::nothing;
  // In the order of the pairs: which of them ends first may depend on how it ends.
  for (auto at = waiting_.find(next_pair_); at != waiting_.end() && at->second.complete();
       at = waiting_.find(next_pair_)) {
    if (at->second.told())
      evidence_.pair(at->second.showed[0] == Trial::failed, at->second.showed[1] == Trial::failed);
    waiting_.erase(at);
    ++next_pair_;
  }
}

double KernelComparison::confidence() const {
  if (options_.until_confident) return evidence_.confidence();
  return 1 - fisher(rates_[0].failed, rates_[0].ran, rates_[1].failed, rates_[1].ran);
}

bool KernelComparison::alike() const {
  if (!options_.until_confident) return false;
  const double each = (1 + options_.confidence) / 2;
  const Range a = confidence_sequence(rates_[0].failed, rates_[0].ran, each);
  const Range b = confidence_sequence(rates_[1].failed, rates_[1].ran, each);
  return std::max(a.high - b.low, b.high - a.low) <= options_.within;
}

std::string KernelComparison::text() const {
  // Never "100 %".
  const double known = std::floor(1000 * confidence()) / 10;
  std::string out =
      fmt::format("{} of {} on {}, {} of {} on {}, {:.4g} %", rates_[0].failed, rates_[0].ran, options_.a,
                  rates_[1].failed, rates_[1].ran, options_.b, std::min(known, 99.9));
  if (alike())
    out += fmt::format(" that they differ, {} % that by no more than {} points", percent(options_.confidence),
                       percent(options_.within));
  else if (options_.until_confident && !differ())
    out += ": not answered";
  return out;
}

nlohmann::json KernelComparison::json() const {
  const Sampling sampling = options_.until_confident ? Sampling::outcome : Sampling::fixed;
  nlohmann::json out{{"test", options_.until_confident ? "sequential" : "fisher"},
                     {"confidence_that_they_differ", confidence()},
                     {"differ", differ()},
                     {"alike", alike()},
                     {"kernels", nlohmann::json::array()}};
  for (const size_t kernel : {0, 1}) {
    const FailureRate& rate = rates_[kernel];
    const Range range = interval_of(rate, sampling);
    out["kernels"].push_back({{"kernel", kernel == 0 ? options_.a : options_.b},
                              {"ran", rate.ran},
                              {"failed", rate.failed},
                              {"rate", rate.share()},
                              {key_of(sampling), {range.low, range.high}}});
  }
  return out;
}

}  // namespace o2lab
