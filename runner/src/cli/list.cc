// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/last_durations.h"
#include "cli/options.h"
#include "judge/case_spec.h"
#include "judge/gtest_bridge.h"

namespace o2lab {

int run_list(const Options& options) {
  const std::map<std::string, Duration> last = last_durations(options.session.results);
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  std::string text;
  for (const RegisteredCase& one : all_cases()) {
    const std::string name = one.full_name();
    if (!options.patterns.empty() &&
        std::none_of(options.patterns.begin(), options.patterns.end(),
                     [&](const std::string& pattern) { return pattern_matches(pattern, name); }))
      continue;
    const auto known = last.find(name);
    nlohmann::ordered_json entry{{"name", name},
                                 {"family", one.spec.suite},
                                 {"nodes", one.spec.nodes},
                                 {"guards", one.spec.guards},
                                 {"selection", name_of(one.spec.selection)}};
    if (!one.spec.flavour.empty()) entry["kernel"] = one.spec.flavour;
    for (const auto& [node, kernel] : one.spec.kernels) entry["kernels"][std::to_string(node)] = kernel;
    if (!one.spec.part.empty()) entry["part"] = one.spec.part;
    if (known != last.end()) entry["last_seconds"] = to_seconds(known->second);
    out.push_back(entry);
    text +=
        fmt::format("{:<48} {} nodes  {:<8} {:>7}  {}\n", name, one.spec.nodes, name_of(one.spec.selection),
                    known == last.end() ? "-" : human(known->second), one.spec.guards);
  }
  if (out.empty() && !options.patterns.empty())
    fail(ErrorKind::input, "no case matches {}: `o2lab list` shows them all",
         fmt::join(options.patterns, " "));
  fmt::print("{}", options.json ? out.dump(2) + "\n" : text);
  return out.empty() ? 4 : 0;
}

}  // namespace o2lab
