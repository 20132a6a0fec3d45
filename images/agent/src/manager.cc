// SPDX-License-Identifier: GPL-2.0-or-later
#include "manager.h"

#include "text.h"
#include "xml.h"

namespace o2member {

NodeState Pacemaker::state_in(const std::string& xml, const std::string& node) {
  const auto shown = parse_xml(xml);
  if (!shown) return NodeState::unknown;
  const bool fencing = shown->child("summary").child("cluster_options").get("stonith-enabled") == "true";
  for (const Element& member : shown->child("nodes").children) {
    const std::string online = member.get("online");
    const std::string unclean = member.get("unclean");
    if (member.get("name") != node || online.empty() || unclean.empty()) continue;
    if (unclean != "false") return NodeState::unclean;
    if (online == "true") return NodeState::online;
    // Without fencing Pacemaker calls a lost node clean and means that it does not care.
    return fencing ? NodeState::down : NodeState::unclean;
  }
  return NodeState::unknown;
}

std::map<std::string, NodeState> Pacemaker::states_of(const Names& nodes) {
  std::map<std::string, NodeState> states;
  if (nodes.empty()) return states;
  const CommandResult result =
      host_.run({"crm_mon", "--one-shot", "--output-as=xml", "--include=none,nodes,options"});
  const bool answered = result.status == 0;
  if (!answered)
    host_.say("crm_mon ended with " + std::to_string(result.status) + ": " + trimmed(result.output));
  for (const std::string& node : nodes)
    states[node] = answered ? state_in(result.output, node) : NodeState::unknown;
  return states;
}

}  // namespace o2member
