// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "judge/case_runner.h"
#include "judge/kept_results.h"

namespace o2lab {

struct GtestRun {
  /// Cases to register; the rest does not exist for GoogleTest.
  std::function<bool(const RegisteredCase&)> wanted;
  /// Called after each case.
  std::function<void(const CaseResult&)> finished;
  /// Why a case cannot run here (its kernel is not built, …); empty when it can.
  std::function<std::string(const CaseSpec&)> skip_reason;
  /// A round of these begins; may be empty.
  std::function<void(const std::vector<const RegisteredCase*>& round)> begins;
  /// Nothing more needs to run, and nothing more does; may be empty.
  std::function<bool()> answered;
  KeptResults* kept = nullptr;  ///< these take the place of runs; null: none
  int repeat = 1;               ///< times the whole selection is run
  bool until_fail = false;  ///< repeat until a case fails, at most `repeat` times when that is more than 1
};

/// Runs the registered cases by GoogleTest, so that all its flags and sharding variables apply (they must
/// have been taken by testing::InitGoogleTest before). Returns true when nothing failed.
bool run_by_gtest(CaseRunner& runner, const GtestRun& run);

/// Whether a gtest filter pattern (wildcards * and ?) matches the name.
bool pattern_matches(const std::string& pattern, const std::string& name);

}  // namespace o2lab
