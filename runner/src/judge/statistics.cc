// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"

namespace o2lab {
namespace {

constexpr double z = 1.959963984540054;  // 97.5 % of the normal distribution

/// The value that a standard normal variable is below with probability `part`.
double normal_quantile(double part) {
  double low = -40;
  double high = 40;
  while (high - low > 1e-12) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::numbers::sqrt2) / 2 < part ? low : high) = middle;
  }
  return low;
}

/// The standard deviation of Mann and Whitney's statistic of m and n values, for those that are many.
double rank_sum_deviation(size_t m, size_t n) {
  return std::sqrt(static_cast<double>(m * n * (m + n + 1)) / 12);
}

constexpr size_t most_counted = 2500;  // m * n; beyond it the normal distribution is as good

/// P(U <= u) for u from 0 to m * n / 2, U being Mann and Whitney's statistic of m and n values.
std::vector<double> rank_sum_below(size_t m, size_t n) {
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
  for (double& one : ways) one = below += one / all;
  return ways;
}

/// How many differences to leave out at each end so that what is left holds the shift: the largest k
/// with P(U < k) <= `tail`.
size_t left_out(size_t m, size_t n, double tail) {
  if (m * n > most_counted)
    return static_cast<size_t>(
        std::max(0.0, static_cast<double>(m * n) / 2 + normal_quantile(tail) * rank_sum_deviation(m, n)));
  const std::vector<double> below = rank_sum_below(m, n);
  const auto k = std::find_if(below.begin(), below.end(), [&](double p) { return p > tail; });
  return k == below.end() ? m * n / 2 : static_cast<size_t>(k - below.begin());
}

/// The same for n differences of pairs and the signed rank sum: P(W < k) <= 2.5 %. W = w as often as there
/// are subsets of 1 to n that add up to w.
size_t left_out_of_pairs(size_t n) {
  if (n > 50) {
    const auto d = static_cast<double>(n);
    return static_cast<size_t>(
        std::max(0.0, d * (d + 1) / 4 - z * std::sqrt(d * (d + 1) * (2 * d + 1) / 24)));
  }
  const size_t half = n * (n + 1) / 4;
  std::vector<double> ways(half + 1, 0.0);
  ways[0] = 1;
  for (size_t rank = 1; rank <= n; ++rank)
    for (size_t w = half + 1; w-- > rank;) ways[w] += ways[w - rank];
  double below = 0;
  for (size_t k = 0; k <= half; ++k) {
    below += std::ldexp(ways[k], -static_cast<int>(n));
    if (below > 0.025) return k;
  }
  return half;
}

/// The median of `all`, and its interval with k values left out at each end.
Shift from_sorted(std::vector<double> all, size_t k) {
  Shift out;
  std::sort(all.begin(), all.end());
  out.median = median(all);
  out.known = k > 0;
  constexpr double far = std::numeric_limits<double>::infinity();
  out.interval = out.known ? Range{all[k - 1], all[all.size() - k]} : Range{-far, far};
  return out;
}

}  // namespace

double log_beta(double a, double b) {
  return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
}

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

double fisher(int64_t hits_a, int64_t trials_a, int64_t hits_b, int64_t trials_b) {
  const int64_t hits = hits_a + hits_b;
  const auto log_choose = [](int64_t n, int64_t k) {
    return std::lgamma(static_cast<double>(n + 1)) - std::lgamma(static_cast<double>(k + 1)) -
           std::lgamma(static_cast<double>(n - k + 1));
  };
  const auto log_of = [&](int64_t in_a) {
    return log_choose(trials_a, in_a) + log_choose(trials_b, hits - in_a);
  };
  const double here = log_of(hits_a);
  const double all = log_choose(trials_a + trials_b, hits);
  constexpr double equal = 1e-7;  // tables that are as probable but for rounding
  double out = 0;
  for (int64_t in_a = std::max<int64_t>(0, hits - trials_b); in_a <= std::min(hits, trials_a); ++in_a)
    if (const double one = log_of(in_a); one <= here + equal) out += std::exp(one - all);
  return std::min(out, 1.0);
}

Range wilson(int64_t hits, int64_t trials, double confidence) {
  if (trials <= 0) return {0, 1};
  const double w = confidence == 0.95 ? z : normal_quantile((1 + confidence) / 2);
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(hits) / n;
  const double middle = (p + w * w / (2 * n)) / (1 + w * w / n);
  const double half = w / (1 + w * w / n) * std::sqrt(p * (1 - p) / n + w * w / (4 * n * n));
  return {hits == 0 ? 0 : std::max(0.0, middle - half), hits == trials ? 1 : std::min(1.0, middle + half)};
}

Shift shift_of(const std::vector<double>& a, const std::vector<double>& b, double confidence) {
  if (a.empty() || b.empty()) return {};
  std::vector<double> differences;
  differences.reserve(a.size() * b.size());
  for (const double x : a)
    for (const double y : b) differences.push_back(y - x);
  return from_sorted(std::move(differences), left_out(a.size(), b.size(), (1 - confidence) / 2));
}

double shift_p(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty()) return 1;
  size_t not_above = 0, not_below = 0;  // equal values speak against either direction
  for (const double x : a)
    for (const double y : b) {
      if (y <= x) ++not_above;
      if (y >= x) ++not_below;
    }
  const size_t against = std::min(not_above, not_below), all = a.size() * b.size();
  if (against >= all / 2) return 1;
  if (all > most_counted)
    return std::erfc((static_cast<double>(all) / 2 - static_cast<double>(against + 1)) /
                     rank_sum_deviation(a.size(), b.size()) / std::numbers::sqrt2);
  return std::min(1.0, 2 * rank_sum_below(a.size(), b.size())[against]);
}

std::vector<bool> hold_together(const std::vector<double>& p, double false_share) {
  std::vector<double> sorted = p;
  std::sort(sorted.begin(), sorted.end());
  double limit = -1;
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] <= false_share * static_cast<double>(i + 1) / static_cast<double>(sorted.size()))
      limit = sorted[i];
  std::vector<bool> out;
  for (const double one : p) out.push_back(one <= limit);
  return out;
}

size_t shift_slack(size_t m, size_t n, double confidence) {
  return m == 0 || n == 0 ? 0 : left_out(m, n, (1 - confidence) / 2);
}

Shift shift_of_pairs(const std::vector<double>& differences) {
  if (differences.empty()) return {};
  std::vector<double> means;
  for (size_t i = 0; i < differences.size(); ++i)
    for (size_t j = i; j < differences.size(); ++j) means.push_back((differences[i] + differences[j]) / 2);
  return from_sorted(std::move(means), left_out_of_pairs(differences.size()));
}

}  // namespace o2lab
