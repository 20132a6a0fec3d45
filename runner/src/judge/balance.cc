// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/balance.h"

#include <algorithm>
#include <numeric>

namespace o2lab {

std::vector<int> balance(const std::vector<Duration>& lengths, int shards) {
  std::vector<size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return lengths[a] > lengths[b]; });
  std::vector<Duration> load(static_cast<size_t>(shards), Duration::zero());
  std::vector<int> out(lengths.size());
  for (const size_t one : order) {
    const auto least = std::min_element(load.begin(), load.end());
    *least += lengths[one];
    out[one] = static_cast<int>(least - load.begin());
  }
  return out;
}

}  // namespace o2lab
