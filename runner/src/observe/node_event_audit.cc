// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/node_event_audit.h"

#include <map>
#include <optional>
#include <tuple>

namespace o2lab {

namespace {

struct NodeEvent {
  int observer = 0;
  int node = 0;
  std::string region;  ///< empty: the node as a whole
  bool up = false;
};

std::optional<NodeEvent> node_event(const Event& event) {
  if (event.source != "trace" || event.kind != "o2hb_node_event") return std::nullopt;
  const std::string number = event.fields.value("node", "");
  if (number.empty()) return std::nullopt;
  const bool global = event.fields.value("class", "") == "global";
  return NodeEvent{event.node, std::stoi(number), global ? "" : event.fields.value("region", "?"),
                   event.fields.value("event", "") == "up"};
}

bool is_lab(const Event& event, const char* kind) {
  return event.source == "lab" && event.kind == kind;
}

/// What one running node has heard of the others.
struct Observer {
  bool running = false;
  std::map<int, Event> last;  ///< the last global event of each node
};

}  // namespace

bool tells_of_members(const Event& event) {
  return is_lab(event, "power_on") || is_lab(event, "gone") || node_event(event).has_value();
}

AuditResult audit_node_events(const std::vector<Event>& timeline) {
  AuditResult result;
  result.name = kNodeEventsAlternate;
  std::map<std::tuple<int, int, std::string>, bool> up;
  size_t seen = 0;
  for (const Event& event : timeline) {
    if (is_lab(event, "power_on"))
      std::erase_if(up, [&](const auto& entry) { return std::get<0>(entry.first) == event.node; });
    const auto heard = node_event(event);
    if (!heard) continue;
    ++seen;
    bool& is_up = up[{heard->observer, heard->node, heard->region}];
    if (is_up == heard->up)
      result.findings.push_back(fmt::format("node{} heard that node{} is {}{}, which it {}", heard->observer,
                                            heard->node, heard->up ? "up" : "down",
                                            heard->region.empty() ? "" : " in region " + heard->region,
                                            heard->up ? "was already" : "was not up before"));
    is_up = heard->up;
  }
  result.looked_at = fmt::format("{} node events", seen);
  if (seen == 0) result.outcome = AuditResult::Outcome::skip;
  return result;
}

std::vector<std::string> unheard_deaths(const std::vector<Event>& timeline) {
  std::map<int, Observer> observers;
  std::map<int, Event> deaths;
  for (const Event& event : timeline) {
    if (is_lab(event, "power_on")) {
      observers[event.node] = {.running = true, .last = {}};
      deaths.erase(event.node);
    }
    if (is_lab(event, "gone")) {
      observers[event.node].running = false;
      deaths.insert_or_assign(event.node, event);
    }
    if (const auto heard = node_event(event); heard && heard->region.empty())
      observers[heard->observer].last.insert_or_assign(heard->node, event);
  }
  std::vector<std::string> out;
  for (const auto& [dead, death] : deaths) {
    const Event* first = nullptr;
    std::vector<int> deaf;
    for (const auto& [number, observer] : observers) {
      const auto last = observer.last.find(dead);
      if (!observer.running || last == observer.last.end()) continue;
      if (node_event(last->second)->up)
        deaf.push_back(number);
      else if (last->second.at > death.at && (first == nullptr || last->second.at < first->at))
        first = &last->second;
    }
    if (first == nullptr) continue;
    for (const int number : deaf)
      out.push_back(fmt::format(
          "node{} has not heard that node{} is down, which node{} knows since {:.2f} s after it went", number,
          dead, first->node, to_seconds(first->at - death.at)));
  }
  return out;
}

}  // namespace o2lab
