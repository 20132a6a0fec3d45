// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "judge/result.h"

namespace o2lab {

struct Suite {
  std::string name;
  std::vector<CaseResult> cases;  ///< never empty
};

/// The cases grouped by suite, suites and cases in the order they first ran.
std::vector<Suite> by_suite(const std::vector<CaseResult>& cases);

}  // namespace o2lab
