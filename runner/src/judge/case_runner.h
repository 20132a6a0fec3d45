// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "judge/case_spec.h"
#include "judge/result.h"

namespace o2lab {

/// What carries cases to their verdicts for GoogleTest: one lab in this process, or several beside each
/// other.
class CaseRunner {
 public:
  virtual ~CaseRunner() = default;
  /// A round begins in which GoogleTest will ask for these cases, each at most once.
  virtual void begin(const std::vector<const RegisteredCase*>& round) = 0;
  /// Waits until run() answers at once, where cases run ahead of GoogleTest; before it announces the case.
  virtual void await(const RegisteredCase& wanted) = 0;
  /// Its result; empty when it does not run any more, for the reason that why_not() gives.
  virtual std::optional<CaseResult> run(const RegisteredCase& wanted) = 0;
  /// Why no further case runs (interrupted, the lab broke, …); empty while all is well.
  virtual std::string why_not() const = 0;
  /// The case is over, skipped ones included: one more in the result of the run.
  virtual void add(CaseResult result) = 0;
  /// Whether GoogleTest has seen every failed expectation by itself while the case ran.
  virtual bool heard_by_gtest() const = 0;
};

}  // namespace o2lab
