// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/legs.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/json.h"

namespace o2lab {

std::vector<RunPart> parts_of(const RunResult& run) {
  std::vector<RunPart> out;
  if (!run.statistics.contains("parts")) return out;
  for (const auto& in : run.statistics["parts"]) {
    out.push_back({in.at("id"),
                   in.at("leg"),
                   in.at("host"),
                   in.at("kernel").get<KernelInfo>(),
                   in.at("accel"),
                   in.at("topology"),
                   {in.at("shard").at(0), in.at("shard").at(1)},
                   in.at("seed"),
                   in.at("command"),
                   in.at("cases")});
  }
  return out;
}

std::string leg_of(const CaseResult& result) {
  const std::string folder = result.folder();
  const size_t at = folder.rfind('@');
  return at == std::string::npos ? "" : folder.substr(at + 1);
}

std::string told_name(const CaseResult& result) {
  const std::string leg = leg_of(result);
  return result.full_name() + (leg.empty() ? "" : fmt::format(" ({})", leg));
}

std::vector<RunLeg> legs_of(const RunResult& run) {
  RunResult head = run;
  head.cases.clear();
  std::vector<RunLeg> legs;
  for (const RunPart& part : parts_of(run)) {
    if (std::any_of(legs.begin(), legs.end(), [&](const RunLeg& one) { return one.name == part.leg; }))
      continue;
    RunLeg& leg = legs.emplace_back(RunLeg{part.leg, head, {}, true});
    leg.run.kernel = part.kernel;
    leg.run.accel = part.accel;
    leg.run.topology = part.topology;
    leg.run.seed = part.seed;
    leg.run.command = part.command;
  }
  if (legs.empty()) legs.push_back({"", head, {}, true});
  // A run that was not merged may have folders of any name.
  const bool merged = run.statistics.contains("parts");
  for (size_t at = 0; at < run.cases.size(); ++at) {
    const std::string name = merged ? leg_of(run.cases[at]) : "";
    auto leg = std::find_if(legs.begin(), legs.end(), [&](const RunLeg& one) { return one.name == name; });
    if (leg == legs.end()) leg = legs.insert(leg, {name, head, {}, false});
    leg->run.cases.push_back(run.cases[at]);
    leg->cases.push_back(at);
  }
  std::erase_if(legs, [](const RunLeg& leg) { return leg.cases.empty(); });
  return legs;
}

std::vector<CaseKey> keys_of(const RunResult& run) {
  std::vector<CaseKey> out(run.cases.size());
  for (const RunLeg& leg : legs_of(run))
    for (size_t i = 0; i < leg.cases.size(); ++i) {
      const CaseResult& one = leg.run.cases[i];
      out[leg.cases[i]] = {one.full_name(), one.flavour, leg.run.topology};
    }
  return out;
}

}  // namespace o2lab
