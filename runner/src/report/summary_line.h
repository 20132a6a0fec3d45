// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "judge/result.h"

namespace o2lab {

struct Counts {
  int passed = 0;
  int failed = 0;  ///< verdicts fail and error
  int skipped = 0;
  int errors = 0;    ///< those of `failed` that are errors
  int expected = 0;  ///< failed as cases/expected.toml has it; not among `failed`
  int retried = 0;   ///< cases that took more than one attempt, whatever came of them
};

Counts count(const std::vector<CaseResult>& cases);

/// "12 passed, 1 failed, 2 skipped": the last line of a run.
std::string summary_line(const Counts& counts);

}  // namespace o2lab
