// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/fence_order_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

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

/// By observer, the first time that it called the node dead since it last heard of it, of what it heard
/// before `replay`: one that left and came again had been called so before.
std::map<int, const Event*> calls_of(const std::vector<Event>& timeline, int dead, const Stretch& life,
                                     TimePoint replay) {
  std::map<int, const Event*> out;
  for (const Event& event : timeline) {
    if (event.node == dead || event.at < life.from || event.at >= life.to ||
        !is(event, "trace", "o2hb_node_event") || event.fields.value("class", "") != "global" ||
        event.fields.value("node", "") != std::to_string(dead))
      continue;
    if (event.fields.value("event", "") == "down")
      out.try_emplace(event.node, &event);
    else if (event.at < replay)
      out.erase(event.node);
  }
  return out;
}

/// How far the guest's clock may be off; none where nothing tells.
Duration error_of(const Event& event) {
  return std::chrono::nanoseconds(event.fields.value("error_ns", int64_t{0}));
}

std::string wrong_with(const Event& call, int dead, const std::optional<TimePoint>& fence) {
  const std::string called = fmt::format("node{} called node{} dead ", call.node, dead);
  if (!fence) return called + "and nobody had confirmed its fence";
  if (*fence >= call.at)
    return called + fmt::format("{:.3f} s before its fence was confirmed", to_seconds(*fence - call.at));
  if (!call.fields.contains("error_ns")) return called + "at a time that its clock does not tell";
  if (*fence >= call.at - error_of(call))
    return called +
           fmt::format("{:.6f} s after its fence was confirmed, which its clock is too vague to prove",
                       to_seconds(call.at - *fence));
  return "";
}

}  // namespace

AuditResult audit_fence_order(const std::vector<Event>& timeline) {
  AuditResult result;
  result.name = kFenceBeforeDown;
  const std::vector<Recovery> recoveries = recoveries_of(timeline);
  std::map<std::pair<int, int>, TimePoint> deaths;  // (node, incarnation): when its first replay began
  for (const Recovery& recovery : recoveries)
    deaths.try_emplace({recovery.dead, recovery.incarnation}, recovery.begun);
  size_t calls_seen = 0;
  // Once for each death, whoever replays and however often.
  for (const auto& [death, replay] : deaths) {
    const auto& [dead, incarnation] = death;
    const Stretch life = stretch_of(timeline, dead, incarnation);
    const auto calls = calls_of(timeline, dead, life, replay);
    for (const Recovery& recovery : recoveries) {
      if (recovery.dead != dead || recovery.incarnation != incarnation) continue;
      const auto call = calls.find(recovery.survivor);
      if (call == calls.end())
        result.findings.push_back(fmt::format(
            "node{} replayed the journal of node{} and never called it dead", recovery.survivor, dead));
      else if (call->second->at - error_of(*call->second) > recovery.begun)
        result.findings.push_back(
            fmt::format("node{} replayed the journal of node{} {} before it called it dead",
                        recovery.survivor, dead, human(call->second->at - recovery.begun)));
    }
    const auto fence = confirmed(timeline, dead, life);
    for (const auto& [observer, call] : calls) {
      ++calls_seen;
      if (std::string wrong = wrong_with(*call, dead, fence); !wrong.empty())
        result.findings.push_back(std::move(wrong));
    }
  }
  result.looked_at = fmt::format("{} deaths, called so {} times", deaths.size(), calls_seen);
  return result;
}

}  // namespace o2lab
