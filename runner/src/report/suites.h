// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "report/legs.h"

namespace o2lab {

struct Suite {
  std::string name;  ///< SUITE, or SUITE@LEG: readers of JUnit and KTAP know a case by its names alone
  std::vector<CaseResult> cases;  ///< never empty
};

/// The cases of a leg grouped by suite, suites and cases in the order they first ran.
std::vector<Suite> by_suite(const RunLeg& leg);

}  // namespace o2lab
