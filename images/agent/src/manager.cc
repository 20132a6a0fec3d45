// SPDX-License-Identifier: GPL-2.0-or-later
#include "manager.h"

#include <optional>

#include "text.h"

namespace o2member {

namespace {

// Value of an attribute in one start tag. Pacemaker writes attributes in double quotes and without blanks.
std::optional<std::string> attribute(const std::string& tag, const std::string& name) {
  const std::string opening = " " + name + "=\"";
  const size_t at = tag.find(opening);
  if (at == std::string::npos) return std::nullopt;
  const size_t begin = at + opening.size();
  const size_t end = tag.find('"', begin);
  if (end == std::string::npos) return std::nullopt;
  return tag.substr(begin, end - begin);
}

// The next start tag of this element from `at` on, which moves behind it; empty when there is none.
std::string next_tag(const std::string& xml, const std::string& element, size_t& at) {
  const size_t begin = xml.find("<" + element + " ", at);
  const size_t end = begin == std::string::npos ? begin : xml.find('>', begin);
  if (end == std::string::npos) return {};
  at = end;
  return xml.substr(begin, end - begin);
}

}  // namespace

NodeState Pacemaker::state_in(const std::string& xml, const std::string& node) {
  size_t at = 0;
  const bool fencing = attribute(next_tag(xml, "cluster_options", at), "stonith-enabled") == "true";
  at = 0;
  for (std::string tag = next_tag(xml, "node", at); !tag.empty(); tag = next_tag(xml, "node", at)) {
    const auto online = attribute(tag, "online");
    const auto unclean = attribute(tag, "unclean");
    // Resources name nodes in elements of the same name, without a state.
    if (attribute(tag, "name") != node || !online || !unclean) continue;
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
