// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/fence_order_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "observe/fence_audit.h"

namespace o2lab {

namespace {

bool is(const Event& event, const char* source, const char* kind) {
  return event.source == source && event.kind == kind;
}

/// From the power-on of one incarnation to that of the next.
struct Stretch {
  TimePoint from = TimePoint::max();
  TimePoint to = TimePoint::max();
};

Stretch stretch_of(const std::vector<Event>& timeline, int node, int incarnation) {
  Stretch out;
  for (const Event& event : timeline) {
    if (event.node != node || !is(event, "lab", "power_on")) continue;
    if (--incarnation == 0) out.from = event.at;
    if (incarnation < 0) {
      out.to = event.at;
      break;
    }
  }
  return out;
}

bool confirms(const Event& event) {
  if (is(event, "sbd", "counts")) return event.fields.value("kills", false);
  return is(event, "power", "done") && event.fields.value("answer", "") == "ok" &&
         event.fields.value("action", "") != "on";
}

/// The first proof that this incarnation is dead. The switch that reboots a node says so after its power-on.
std::optional<TimePoint> confirmed(const std::vector<Event>& timeline, int node, const Stretch& life) {
  std::optional<TimePoint> first;
  for (const Event& event : timeline)
    if (event.node == node && event.at >= life.from && confirms(event))
      first = std::min(first.value_or(event.at), event.at);
  return first;
}

/// By observer, the last time in this stretch that it called the node dead: one that left and came again had
/// been called so before.
std::map<int, const Event*> calls_of(const std::vector<Event>& timeline, int dead, const Stretch& life) {
  std::map<int, const Event*> out;
  for (const Event& event : timeline)
    if (event.node != dead && event.at >= life.from && event.at < life.to &&
        is(event, "trace", "o2hb_node_event") && event.fields.value("class", "") == "global" &&
        event.fields.value("event", "") == "down" && event.fields.value("node", "") == std::to_string(dead))
      out[event.node] = &event;
  return out;
}

std::string wrong_with(const Event& call, int dead, const std::optional<TimePoint>& fence) {
  const std::string called = fmt::format("node{} called node{} dead ", call.node, dead);
  if (!fence) return called + "and nobody had confirmed its fence";
  if (*fence >= call.at)
    return called + fmt::format("{:.3f} s before its fence was confirmed", to_seconds(*fence - call.at));
  if (!call.fields.contains("error_ns")) return called + "at a time that its clock does not tell";
  const Duration error = std::chrono::nanoseconds(call.fields["error_ns"].get<int64_t>());
  if (*fence >= call.at - error)
    return called +
           fmt::format("{:.6f} s after its fence was confirmed, which its clock is too vague to prove",
                       to_seconds(call.at - *fence));
  return "";
}

}  // namespace

AuditResult audit_fence_order(const std::vector<Event>& timeline) {
  AuditResult result;
  result.name = kFenceBeforeDown;
  std::set<std::pair<int, int>> seen;
  size_t calls_seen = 0;
  for (const Recovery& recovery : recoveries_of(timeline)) {
    const Stretch life = stretch_of(timeline, recovery.dead, recovery.incarnation);
    const auto calls = calls_of(timeline, recovery.dead, life);
    if (calls.count(recovery.survivor) == 0)
      result.findings.push_back(fmt::format("node{} replayed the journal of node{} and never called it dead",
                                            recovery.survivor, recovery.dead));
    // Once for each death, whoever replays and however often.
    if (!seen.insert({recovery.dead, recovery.incarnation}).second) continue;
    const auto fence = confirmed(timeline, recovery.dead, life);
    for (const auto& [observer, call] : calls) {
      ++calls_seen;
      if (std::string wrong = wrong_with(*call, recovery.dead, fence); !wrong.empty())
        result.findings.push_back(std::move(wrong));
    }
  }
  result.looked_at = fmt::format("{} deaths, called so {} times", seen.size(), calls_seen);
  return result;
}

}  // namespace o2lab
