// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/fence_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <tuple>

namespace o2lab {

namespace {

bool is(const Event& event, const char* source, const char* kind) {
  return event.source == source && event.kind == kind;
}

/// One node over its incarnations, as the host saw it.
struct Life {
  std::vector<TimePoint> on;
  std::vector<TimePoint> gone;
  int incarnation_at(TimePoint t) const {
    return static_cast<int>(std::count_if(on.begin(), on.end(), [&](TimePoint begun) { return begun <= t; }));
  }
  int ended_by(TimePoint t) const {
    return static_cast<int>(std::count_if(gone.begin(), gone.end(), [&](TimePoint end) { return end <= t; }));
  }
};

std::map<int, Life> lives_of(const std::vector<Event>& timeline) {
  std::map<int, Life> lives;
  for (const Event& event : timeline) {
    if (is(event, "lab", "power_on")) lives[event.node].on.push_back(event.at);
    if (!is(event, "lab", "gone")) continue;
    Life& life = lives[event.node];
    // Nodes that an earlier prefix of a series left running were powered on before this timeline began.
    if (life.on.empty()) life.on.push_back(TimePoint::min());
    life.gone.push_back(event.at);
  }
  return lives;
}

struct Replay {
  bool begins = false;
  int dead = 0;
  int volume = 0;
};

std::optional<Replay> replay_of(const Event& event) {
  if (!is(event, "console", "line")) return std::nullopt;
  const std::string text = event.fields.value("text", "");
  const size_t at = text.find(" replay journal (node ");
  if (at == std::string::npos) return std::nullopt;
  Replay replay;
  replay.begins = text.find("Begin replay journal") != std::string::npos;
  int major = 0;
  int minor = 0;
  if (std::sscanf(text.c_str() + at, " replay journal (node %d, slot %*d) on device (%d,%d)", &replay.dead,
                  &major, &minor) != 3)
    return std::nullopt;
  constexpr int kMinorsOfADisk = 16;  // SD_MINORS in drivers/scsi/sd.h; shared0 is sda
  replay.volume = minor / kMinorsOfADisk;
  return replay;
}

/// When `survivor` called `dead` dead, if that is the last it said of it by then: the first moment that its
/// clock allows.
std::optional<TimePoint> called_dead(const std::vector<Event>& timeline, int survivor, int dead,
                                     TimePoint by) {
  const Event* last = nullptr;
  for (const Event& event : timeline)
    if (event.node == survivor && event.at <= by && is(event, "trace", "o2hb_node_event") &&
        event.fields.value("class", "") == "global" && event.fields.value("node", "") == std::to_string(dead))
      last = &event;
  if (last == nullptr || last->fields.value("event", "") != "down") return std::nullopt;
  // Never later than it was.
  return last->at - Duration(last->fields.value("error_ns", int64_t{0}));
}

const DiskRequest& first_to_reach_the_disk(const std::vector<const DiskRequest*>& late) {
  return **std::min_element(late.begin(), late.end(),
                            [](const auto* a, const auto* b) { return a->finished < b->finished; });
}

std::string describe(const Recovery& recovery, const std::vector<const DiskRequest*>& late,
                     const std::map<int, HeartbeatRegion>& regions) {
  const auto region = regions.find(recovery.volume);
  const auto heartbeats =
      region == regions.end() ? 0 : std::count_if(late.begin(), late.end(), [&](const DiskRequest* request) {
        return region->second.slot_of(request->offset).has_value();
      });
  const DiskRequest& first = first_to_reach_the_disk(late);
  return fmt::format(
      "node{} wrote to shared{} after node{} had begun to recover it: {} writes, {} of them heartbeat "
      "blocks; "
      "the first reached the disk {} later, {} bytes at byte {}, asked for {} {} that",
      recovery.dead, recovery.volume, recovery.survivor, late.size(), heartbeats,
      human(*first.finished - recovery.at), first.length, first.offset,
      human(first.at < recovery.at ? recovery.at - first.at : first.at - recovery.at),
      first.at < recovery.at ? "before" : "after");
}

}  // namespace

std::vector<Recovery> recoveries_of(const std::vector<Event>& timeline) {
  std::map<int, Life> lives = lives_of(timeline);
  std::vector<Recovery> out;
  std::map<std::pair<int, int>, int> recovered;  // (node, volume): incarnations whose replay has ended
  std::map<std::pair<int, int>, int> under_way;  // the same, begun
  for (const Event& event : timeline) {
    const std::optional<Replay> replay = replay_of(event);
    // A node that mounts replays what it left itself: nobody else is in its journal.
    if (!replay || replay->dead == event.node) continue;
    const std::pair<int, int> key(replay->dead, replay->volume);
    if (!replay->begins) {
      recovered[key] = std::max(recovered[key], under_way[key]);
      continue;
    }
    const TimePoint at = called_dead(timeline, event.node, replay->dead, event.at).value_or(event.at);
    Recovery recovery{replay->dead, 0, replay->volume, event.node, at, event.at};
    const Life& life = lives[replay->dead];
    const int ended = life.ended_by(event.at);
    recovery.incarnation = ended > recovered[key] ? ended : std::max(1, life.incarnation_at(recovery.at));
    under_way[key] = recovery.incarnation;
    out.push_back(recovery);
  }
  return out;
}

AuditResult audit_writes_after_fence(const std::vector<Event>& timeline, const DiskRecord& record,
                                     const std::map<int, HeartbeatRegion>& regions) {
  AuditResult result;
  result.name = kNoWriteAfterFence;
  std::map<int, Life> lives = lives_of(timeline);
  // The first recovery of an incarnation counts: a second one is after it.
  std::map<std::tuple<int, int, int>, Recovery> first;
  const std::vector<Recovery> recoveries = recoveries_of(timeline);
  for (const Recovery& recovery : recoveries)
    first.try_emplace({recovery.dead, recovery.volume, recovery.incarnation}, recovery);
  for (const auto& [key, recovery] : first) {
    std::vector<const DiskRequest*> late;
    const auto requests = record.find({recovery.dead, recovery.volume});
    if (requests == record.end()) continue;
    for (const DiskRequest& request : requests->second)
      if (request.changes_data() && request.done() && *request.finished > recovery.at &&
          std::max(1, lives[recovery.dead].incarnation_at(request.at)) <= recovery.incarnation)
        late.push_back(&request);
    if (late.empty()) continue;
    result.findings.push_back(describe(recovery, late, regions));
    result.wrong_since.push_back(*first_to_reach_the_disk(late).finished);
  }
  size_t writes = 0;
  for (const auto& [path, requests] : record)
    writes += static_cast<size_t>(std::count_if(requests.begin(), requests.end(),
                                                [](const DiskRequest& r) { return r.changes_data(); }));
  result.looked_at =
      fmt::format("{} writes of {} disk paths, {} recoveries", writes, record.size(), recoveries.size());
  if (!result.findings.empty()) result.outcome = AuditResult::Outcome::fail;
  return result;
}

}  // namespace o2lab
