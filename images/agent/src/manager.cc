// SPDX-License-Identifier: GPL-2.0-or-later
#include "manager.h"

#include "text.h"
#include "xml.h"

namespace o2member {

std::map<std::string, NodeState> Pacemaker::states_in(const std::string& xml) {
  std::map<std::string, NodeState> states;
  const auto shown = parse_xml(xml);
  if (!shown) return states;
  const bool fencing = shown->child("summary").child("cluster_options").get("stonith-enabled") == "true";
  for (const Element& member : shown->child("nodes").children) {
    const std::string online = member.get("online");
    const std::string unclean = member.get("unclean");
    if (online.empty() || unclean.empty()) continue;
    // Without fencing Pacemaker calls a lost node clean and means that it does not care.
    const NodeState state = unclean != "false" ? NodeState::unclean
                            : online == "true" ? NodeState::online
                            : fencing          ? NodeState::down
                                               : NodeState::unclean;
    states.emplace(member.get("name"), state);
  }
  return states;
}

std::map<std::string, NodeState> Pacemaker::states_of(const Names& nodes) {
  std::map<std::string, NodeState> states;
  if (nodes.empty()) return states;
  const CommandResult result =
      host_.run({"crm_mon", "--one-shot", "--output-as=xml", "--include=none,nodes,options"});
  const bool answered = result.status == 0;
  if (!answered)
    host_.say("crm_mon ended with " + std::to_string(result.status) + ": " + trimmed(result.output));
  const std::map<std::string, NodeState> told =
      answered ? states_in(result.output) : std::map<std::string, NodeState>();
  for (const std::string& node : nodes) {
    const auto one = told.find(node);
    states[node] = one == told.end() ? NodeState::unknown : one->second;
  }
  return states;
}

}  // namespace o2member
