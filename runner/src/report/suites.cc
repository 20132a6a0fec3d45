// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/suites.h"

#include <algorithm>

namespace o2lab {

std::vector<Suite> by_suite(const std::vector<CaseResult>& cases) {
  std::vector<Suite> suites;
  for (const CaseResult& c : cases) {
    auto suite =
        std::find_if(suites.begin(), suites.end(), [&](const Suite& s) { return s.name == c.suite; });
    if (suite == suites.end()) suite = suites.insert(suite, Suite{c.suite, {}});
    suite->cases.push_back(c);
  }
  return suites;
}

}  // namespace o2lab
