// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/node_event_audit.h"

#include <algorithm>
#include <cstdlib>
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

/// "CPU:0 [LOST 12 EVENTS]", or without a number, of a reader of trace_pipe that came too late
/// (print_trace_line() in kernel/trace/trace.c).
std::optional<uint64_t> lost_in(const Event& event) {
  if (event.source != "trace" || event.kind != "line") return std::nullopt;
  const std::string text = event.fields.value("text", "");
  const size_t at = text.find("[LOST ");
  if (at == std::string::npos || text.find("EVENTS]", at) == std::string::npos) return std::nullopt;
  return std::max<uint64_t>(1, std::strtoull(text.c_str() + at + 6, nullptr, 10));
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
  return is_lab(event, "power_on") || is_lab(event, "gone") || node_event(event).has_value() ||
         lost_in(event).has_value();
}

std::map<int, uint64_t> lost_events(const std::vector<Event>& timeline) {
  std::map<int, uint64_t> out;
  for (const Event& event : timeline)
    if (const auto lost = lost_in(event)) out[event.node] += *lost;
  return out;
}

AuditResult audit_node_events(const std::vector<Event>& timeline) {
  AuditResult result;
  result.name = kNodeEventsAlternate;
  std::map<std::tuple<int, int, std::string>, bool> up;
  const std::map<int, uint64_t> lost = lost_events(timeline);
  size_t seen = 0;
  for (const Event& event : timeline) {
    if (is_lab(event, "power_on"))
      std::erase_if(up, [&](const auto& entry) { return std::get<0>(entry.first) == event.node; });
    const auto heard = node_event(event);
    // Of what a node has not told there may be the one between.
    if (!heard || lost.count(heard->observer) > 0) continue;
    ++seen;
    bool& is_up = up[{heard->observer, heard->node, heard->region}];
    if (is_up == heard->up) {
      result.wrong_since.push_back(event.at);
      result.findings.push_back(fmt::format("node{} heard that node{} is {}{}, which it {}", heard->observer,
                                            heard->node, heard->up ? "up" : "down",
                                            heard->region.empty() ? "" : " in region " + heard->region,
                                            heard->up ? "was already" : "was not up before"));
    }
    is_up = heard->up;
  }
  result.looked_at = fmt::format("{} node events", seen);
  for (const auto& [node, count] : lost)
    result.looked_at += fmt::format("; node{} is not judged, its trace lost {} events", node, count);
  if (seen == 0 || (!lost.empty() && result.findings.empty())) result.outcome = AuditResult::Outcome::skip;
  return result;
}

std::vector<std::string> unheard_deaths(const std::vector<Event>& timeline) {
  std::map<int, Observer> observers;
  std::map<int, Event> deaths;
  const std::map<int, uint64_t> lost = lost_events(timeline);
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
      if (!observer.running || last == observer.last.end() || lost.count(number) > 0) continue;
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
