// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace o2lab {

/// The middle value; the mean of the two middle ones for an even number. Throws infra when there is none.
double median(std::vector<double> values);
/// Between order statistics, linearly (type 7 of Hyndman and Fan, 1996): quantile(v, 0.5) is median(v).
/// Throws as that.
double quantile(std::vector<double> values, double part);

struct Range {
  double low = 0;
  double high = 0;
};

/// Logarithm of the beta function.
double log_beta(double a, double b);

/// Wilson's score interval for a share of `hits` in `trials` at `confidence`, in (0, 1); 0 to 1 without
/// trials.
Range wilson(int64_t hits, int64_t trials, double confidence = 0.95);

/// Fisher's exact test of two shares: the probability, if both came of one rate, of a table at most as
/// probable as this one. Two-sided.
double fisher(int64_t hits_a, int64_t trials_a, int64_t hits_b, int64_t trials_b);

/// How far the values of b lie above those of a.
struct Shift {
  double median = 0;   ///< estimate of Hodges and Lehmann: the median of all differences b - a
  Range interval;      ///< at the confidence asked for, by the exact distribution of the rank sum (Mann and
                       ///< Whitney, 1947)
  bool known = false;  ///< enough values for an interval: at 95 % 4 and 4, 3 and 5, 2 and 8
  bool differs() const { return known && (interval.low > 0 || interval.high < 0); }
};

/// Assumes nothing of how the values are distributed but that b is a, moved. Says the same each time: nothing
/// in it is random.
Shift shift_of(const std::vector<double>& a, const std::vector<double>& b, double confidence = 0.95);
/// The smallest p at which shift_of(a, b, 1 - p) still differs, by the same distribution; 1: at none.
double shift_p(const std::vector<double>& a, const std::vector<double>& b);
/// How many of the differences on each side of such an interval lie outside it; 0: too few values to tell.
size_t shift_slack(size_t m, size_t n, double confidence);

/// How far pairs differ, b - a each: the median of all means of two differences, with an interval of at least
/// 95 % by the exact distribution of the signed rank sum (Wilcoxon, 1945). Known from 6 pairs on.
Shift shift_of_pairs(const std::vector<double>& differences);

/// Which of several tests hold when all are looked at together, so that at most `false_share` of those named
/// are expected to be chance (Benjamini and Hochberg, 1995). In the order of `p`.
std::vector<bool> hold_together(const std::vector<double>& p, double false_share = 0.05);

}  // namespace o2lab
