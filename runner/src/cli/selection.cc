// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/selection.h"

#include <algorithm>

#include "base/error.h"
#include "judge/gtest_bridge.h"

namespace o2lab {

void refuse_unknown(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns)
    if (std::none_of(all_cases().begin(), all_cases().end(),
                     [&](const RegisteredCase& one) { return pattern_matches(pattern, one.full_name()); }))
      fail(ErrorKind::input, "no case matches {}: `o2lab list` shows them all", pattern);
}

bool is_wanted(const Options& options, const RegisteredCase& one) {
  const std::string name = one.full_name();
  const auto& patterns = options.patterns;
  if (std::find(patterns.begin(), patterns.end(), name) != patterns.end()) return true;
  if (options.selection == "lab-test" && one.spec.selection == Selection::nightly) return false;
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return pattern_matches(pattern, name);
         });
}

}  // namespace o2lab
