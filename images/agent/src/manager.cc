// SPDX-License-Identifier: GPL-2.0-or-later
#include "manager.h"

#include "text.h"
#include "xml.h"

namespace o2member {

namespace {

constexpr long kCalls = 1L << 31;

// What is under way has no number yet, and its end is not known.
bool is_pending(const Element& operation) {
  return operation.get("op-status") == "-1" || number_of(operation.get("call-id"), kCalls) < 0;
}

// The newest operation tells; those before it stay, a recurring monitor's after a stop for one.
bool is_stopped(const Element& history) {
  const Element* newest = nullptr;
  for (const Element& operation : history.children) {
    if (operation.name != "lrm_rsc_op") continue;
    if (is_pending(operation)) {
      if (operation.get("operation") != "monitor") return false;
      continue;
    }
    if (newest == nullptr ||
        number_of(operation.get("call-id"), kCalls) >= number_of(newest->get("call-id"), kCalls))
      newest = &operation;
  }
  if (newest == nullptr) return false;
  const std::string what = newest->get("operation");
  const std::string result = newest->get("rc-code");
  return (what == "stop" && result == "0") || (what == "monitor" && result == "7");
}

}  // namespace

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

// Any o2member counts, whatever its id: a resource may be given another one while it runs.
Names Pacemaker::stopped_in(const std::string& xml) {
  Names stopped;
  const auto section = parse_xml(xml);
  if (!section) return stopped;
  for (const Element& node : section->children) {
    // "0" is what Pacemaker 2.1.7 and later say.
    if (node.name != "node_state" || (node.get("crmd") != "offline" && node.get("crmd") != "0")) continue;
    bool all = true;
    for (const Element* history : node.all("lrm_resource"))
      if (history->get("provider") == "o2lab" && history->get("type") == "o2member")
        all = all && is_stopped(*history);
    if (all) stopped.insert(node.get("uname"));
  }
  return stopped;
}

std::optional<std::string> Pacemaker::ask(const std::vector<std::string>& argv) {
  CommandResult result = host_.run(argv);
  if (result.status == 0) return std::move(result.output);
  host_.say(argv[0] + " ended with " + std::to_string(result.status) + ": " + trimmed(result.output));
  return std::nullopt;
}

std::map<std::string, NodeState> Pacemaker::states_of(const Names& nodes) {
  std::map<std::string, NodeState> states;
  if (nodes.empty()) return states;
  const auto shown = ask({"crm_mon", "--one-shot", "--output-as=xml", "--include=none,nodes,options"});
  const std::map<std::string, NodeState> told = states_in(shown.value_or(""));
  bool any_down = false;
  for (const std::string& node : nodes) {
    const auto one = told.find(node);
    states[node] = one == told.end() ? NodeState::unknown : one->second;
    any_down = any_down || states[node] == NodeState::down;
  }
  if (!any_down) return states;
  // A node with something unmanaged on it, or in maintenance, is called clean when its manager is stopped, as
  // for an upgrade, and goes on using the volume.
  const auto history = ask({"cibadmin", "--query", "--scope", "status"});
  const Names stopped = stopped_in(history.value_or(""));
  for (auto& [node, state] : states)
    if (state == NodeState::down && !stopped.contains(node))
      state = history ? NodeState::detached : NodeState::unknown;
  return states;
}

}  // namespace o2member
