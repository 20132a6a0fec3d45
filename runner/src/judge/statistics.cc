// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace o2lab {
namespace {

constexpr double z = 1.959963984540054;  // 97.5 % of the normal distribution

/// How many differences to leave out at each end so that what is left holds the shift at 95 %: the largest k
/// with P(U < k) <= 2.5 %, U being Mann and Whitney's statistic of m and n values.
size_t left_out(size_t m, size_t n) {
  if (m > 50 || n > 50) {
    const auto mn = static_cast<double>(m * n);
    return static_cast<size_t>(
        std::max(0.0, mn / 2 - z * std::sqrt(mn * static_cast<double>(m + n + 1) / 12)));
  }
  // The number of arrangements with U = u is the coefficient of x^u in the Gaussian binomial of m + n over m:
  // the product of (1 - x^(n+i)) / (1 - x^i). Only the lower half is needed.
  const size_t half = m * n / 2;
  std::vector<double> ways(half + 1, 0.0);
  ways[0] = 1;
  double all = 1;
  for (size_t i = 1; i <= m; ++i) {
    for (size_t u = half + 1; u-- > n + i;) ways[u] -= ways[u - n - i];
    for (size_t u = i; u <= half; ++u) ways[u] += ways[u - i];
    all = all * static_cast<double>(n + i) / static_cast<double>(i);
  }
  double below = 0;
  for (size_t k = 0; k <= half; ++k) {
    below += ways[k] / all;
    if (below > 0.025) return k;
  }
  return half;
}

}  // namespace

double quantile(std::vector<double> values, double part) {
  if (values.empty()) fail(ErrorKind::infra, "the median of nothing");
  std::sort(values.begin(), values.end());
  const double at = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(at);
  if (below + 1 >= values.size()) return values.back();
  return values[below] + (at - static_cast<double>(below)) * (values[below + 1] - values[below]);
}

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

Range wilson(int64_t hits, int64_t trials) {
  if (trials <= 0) return {0, 1};
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(hits) / n;
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {hits == 0 ? 0 : std::max(0.0, middle - half), hits == trials ? 1 : std::min(1.0, middle + half)};
}

Shift shift_of(const std::vector<double>& a, const std::vector<double>& b) {
  Shift out;
  if (a.empty() || b.empty()) return out;
  std::vector<double> differences;
  differences.reserve(a.size() * b.size());
  for (const double x : a)
    for (const double y : b) differences.push_back(y - x);
  std::sort(differences.begin(), differences.end());
  out.median = median(differences);
  const size_t k = left_out(a.size(), b.size());
  out.known = k > 0;
  out.interval =
      out.known ? Range{differences[k - 1], differences[differences.size() - k]}
                : Range{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  return out;
}

}  // namespace o2lab
