// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_spec.h"

namespace o2lab {

namespace {

std::vector<RegisteredCase>& registry() {
  static std::vector<RegisteredCase> cases;
  return cases;
}

}  // namespace

const char* name_of(Selection selection) {
  return selection == Selection::ci ? "lab-test" : "nightly";
}

std::string topology_in(const CaseSpec& spec, const std::string& of_run) {
  if (!of_run.empty()) return of_run;
  if (!spec.topology.empty()) return spec.topology;
  return spec.nodes <= 2 ? "two-node" : spec.nodes == 3 ? "three-node" : "five-node";
}

std::map<int, std::string> kernels_in(const CaseSpec& spec, const Topology& topology,
                                      const std::string& of_run) {
  const std::string& rest = flavour_in(spec, of_run);
  std::map<int, std::string> asked;
  for (size_t i = 0; i < topology.kernels.size(); ++i) asked[static_cast<int>(i) + 1] = topology.kernels[i];
  for (const auto& [node, kernel] : spec.kernels) asked[node] = kernel;
  std::map<int, std::string> out;
  for (const auto& [node, kernel] : asked) {
    const std::string name = kernel.starts_with('@') ? rest + kernel : kernel;
    if (node <= spec.nodes && !name.empty() && name != rest) out[node] = name;
  }
  return out;
}

const char* name_of(Ready ready) {
  switch (ready) {
    case Ready::booted:
      return "booted";
    case Ready::o2cb:
      return "o2cb";
    case Ready::heartbeat:
      return "heartbeat";
    case Ready::mounted:
      return "mounted";
  }
  return "?";
}

const std::vector<RegisteredCase>& all_cases() {
  return registry();
}

bool register_case(CaseSpec spec, CaseBody body, const std::vector<CaseOption>& options) {
  for (const CaseOption& option : options) option(spec);
  registry().push_back({std::move(spec), body});
  return true;
}

}  // namespace o2lab
