// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "judge/statistics.h"

namespace o2lab {

/// One case's ending, as far as a comparison looks at it.
struct Sample {
  std::string name;                                     ///< of the case
  std::string verdict;                                  ///< pass, fail, skip, error
  std::vector<std::pair<std::string, double>> seconds;  ///< of each interval that was measured
};

/// An interval of a case in both sets of runs.
struct ComparedInterval {
  std::string test;
  std::string name;
  std::vector<double> a, b;
  Shift shift;
  /// "slower by 0.8 s, 95 % CI 0.3 to 1.4 s", "no difference shown (…)", or that there are too few.
  std::string text() const;
};

struct ComparedVerdict {
  std::string test;
  int a_ran = 0, a_failed = 0, b_ran = 0, b_failed = 0;
};

/// One kind of time over all cases that have it in both: each case by its medians, in proportion.
struct Overall {
  std::string name;  ///< "whole case", "other intervals"
  size_t pairs = 0;
  Shift shift;  ///< of the natural logarithm of b / a
  /// "slower by 3.1 %, 95 % CI 1.0 to 5.2 % (84 pairs)"
  std::string text() const;
};

struct Comparison {
  std::vector<Overall> overall;
  std::vector<ComparedInterval> intervals;
  std::vector<ComparedVerdict> new_failures;  ///< never failed in a, failed in b
  std::vector<ComparedVerdict> mended;        ///< failed in a, never in b, where it ran
  int in_both = 0;                            ///< cases that ran in both
  std::vector<std::string> only_a, only_b;    ///< cases that ran in one of them
};

/// The interval that is a case from its start to its end.
inline constexpr const char* kWholeCase = "whole case";

/// Passed cases give the times; the whole of a case is its interval "whole case".
Comparison compare(const std::vector<Sample>& a, const std::vector<Sample>& b);

}  // namespace o2lab
