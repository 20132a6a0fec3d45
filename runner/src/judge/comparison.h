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
  std::string flavour = {};                             ///< of the kernel
  std::string topology = {};                            ///< which sets the timeouts
};

/// What both sides have of a case: of one kernel flavour and topology, or, where the sides have none in
/// common, of the one that each ran it on.
struct ComparedOn {
  std::string test;
  std::string on;  ///< "debug, kernel-defaults", "lab against debug"; empty: either side ran all on that
  std::string label() const { return on.empty() ? test : test + " on " + on; }
};

/// An interval of a case in both sets of runs.
struct ComparedInterval : ComparedOn {
  std::string name;
  std::vector<double> a, b;
  Shift shift;
  double p = 1;        ///< shift_p()
  bool holds = false;  ///< hold_together() with all others that are known
  /// "slower by 0.8 s, 95 % CI 0.3 to 1.4 s", "no difference shown (…)", or that there are too few.
  std::string text() const;
};

struct ComparedVerdict : ComparedOn {
  int a_ran = 0, a_failed = 0, b_ran = 0, b_failed = 0;
  double p = 1;  ///< fisher(): of a difference like this where both rates are one
};

/// One kind of time over all cases that have it in both: one value a case, in proportion. Several intervals
/// of a case are one course of events: the middle one of their changes stands for it.
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
  size_t looked_at = 0;                       ///< intervals whose shift is known
  size_t differ = 0;                          ///< of them, each by itself
  size_t hold = 0;                            ///< of them, all looked at together
  /// "12 of 240 intervals differ …", with how many would by chance; empty for less than two.
  std::string together() const;
};

/// The interval that is a case from its start to its end.
inline constexpr const char* kWholeCase = "whole case";

/// Passed cases give the times; the whole of a case is its interval "whole case".
Comparison compare(const std::vector<Sample>& a, const std::vector<Sample>& b);

}  // namespace o2lab
