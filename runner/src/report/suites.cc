// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/suites.h"

#include <algorithm>

namespace o2lab {

std::vector<Suite> by_suite(const RunLeg& leg) {
  std::vector<Suite> suites;
  for (const CaseResult& c : leg.run.cases) {
    const std::string name = c.suite + (leg.name.empty() ? "" : "@" + leg.name);
    auto suite = std::find_if(suites.begin(), suites.end(), [&](const Suite& s) { return s.name == name; });
    if (suite == suites.end()) suite = suites.insert(suite, Suite{name, {}});
    suite->cases.push_back(c);
  }
  return suites;
}

}  // namespace o2lab
