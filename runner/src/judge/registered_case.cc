// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/registered_case.h"

#include <algorithm>

namespace o2lab {

CaseResult result_without_run(const CaseSpec& spec) {
  CaseResult out;
  out.suite = spec.suite;
  out.name = spec.name;
  out.guards = spec.guards;
  out.nodes = spec.nodes;
  out.flavour = spec.flavour;
  out.started = out.ended = Clock::now();
  return out;
}

const RegisteredCase* find_case(const std::string& full_name) {
  const auto& all = all_cases();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const RegisteredCase& one) { return one.full_name() == full_name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace o2lab
