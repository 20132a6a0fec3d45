// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/silence_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "observe/heartbeat_record.h"
#include "observe/timeline.h"

namespace o2lab {

namespace {

constexpr Duration kPeriod = 2s;      // O2HB_REGION_TIMEOUT_MS
constexpr Duration kFaultLead = 10s;  // what a fault stopped may show only in the next beats

std::string text_of(const Event& event, const char* key) {
  return event.fields.value(key, "");
}

/// A write into one slot, by whichever node.
struct Beat {
  TimePoint finished;
  uint64_t sequence = 0;
  uint64_t generation = 0;
  Duration dead{};  ///< hb_dead_ms
};

struct Look {
  TimePoint at;
  TimePoint finished;
};

/// What the disk record has of one volume's region.
struct RegionRecord {
  std::map<int, std::vector<Beat>> beats;         ///< by slot, in the order they reached the disk
  std::map<int, std::vector<DiskRequest>> reads;  ///< by reader, good ones that touch the region
  HeartbeatRegion region;

  /// The looks of `reader` at the block of `slot`, oldest first.
  std::vector<Look> looks(int reader, int slot) const {
    std::vector<Look> out;
    const uint64_t block = region.start_byte + static_cast<uint64_t>(slot) * region.block_bytes;
    if (const auto found = reads.find(reader); found != reads.end())
      for (const DiskRequest& read : found->second)
        if (read.offset <= block && block + region.block_bytes <= read.offset + read.length)
          out.push_back({read.at, *read.finished});
    return out;
  }
};

RegionRecord record_of(const DiskRecord& record, int volume, const HeartbeatRegion& region) {
  RegionRecord out;
  out.region = region;
  for (const auto& [path, requests] : record) {
    if (path.second != volume) continue;
    for (const HeartbeatWrite& write : heartbeat_writes(requests, region))
      if (write.good() && write.checksum_ok)
        out.beats[write.block.slot].push_back({*write.finished, write.block.sequence, write.block.generation,
                                               std::chrono::milliseconds(write.block.dead_ms)});
    for (const DiskRequest& request : requests)
      if (request.kind == DiskRequest::Kind::read && request.done() &&
          request.offset < region.start_byte + region.bytes() &&
          request.offset + request.length > region.start_byte)
        out.reads[path.first].push_back(request);
  }
  for (auto& [slot, beats] : out.beats)
    std::stable_sort(beats.begin(), beats.end(),
                     [](const Beat& a, const Beat& b) { return a.finished < b.finished; });
  return out;
}

struct Down {
  int observer = 0;
  int node = 0;
  std::string region;
  TimePoint at;
  Duration error{};
};

std::optional<Down> down_in(const Event& event) {
  if (event.source != "trace" || event.kind != "o2hb_node_event" || text_of(event, "class") != "region" ||
      text_of(event, "event") != "down")
    return std::nullopt;
  return Down{event.node, std::atoi(text_of(event, "node").c_str()), text_of(event, "region"), event.at,
              Duration(event.fields.value("error_ns", int64_t{0}))};
}

/// What the record says of one DOWN.
struct Finding {
  enum class What { right, silent, wrong, untold };
  What what = What::untold;
  TimePoint last;  ///< B's last beat
  Duration silent{};
  Duration least{};
};

/// The next block that `observer` writes is that of a leave, or it has called itself down with the others.
bool leaves(const Down& down, const RegionRecord& disk, const std::vector<Down>& downs) {
  if (down.node == down.observer) return true;
  if (const auto own = disk.beats.find(down.observer); own != disk.beats.end())
    for (const Beat& beat : own->second)
      if (beat.finished >= down.at - down.error) {
        if (beat.generation == 0) return true;
        break;
      }
  return std::any_of(downs.begin(), downs.end(), [&](const Down& other) {
    return other.observer == down.observer && other.node == down.observer && other.region == down.region &&
           std::chrono::abs(other.at - down.at) < kPeriod / 2;
  });
}

Finding judge(const Down& down, const RegionRecord& disk, const std::vector<Down>& downs) {
  Finding out;
  if (leaves(down, disk, downs)) return {Finding::What::right, {}, {}, {}};
  const auto found = disk.beats.find(down.node);
  if (found == disk.beats.end()) return out;
  const TimePoint latest = down.at + down.error;
  // The look that it was called down by; what came into the block since the one before may be new in it.
  Look last{down.at - down.error, latest};
  TimePoint before = last.at - kPeriod;
  for (const Look& look : disk.looks(down.observer, down.node)) {
    if (look.finished > latest) break;
    before = std::min(last.at, look.at - kPeriod);
    last = look;
  }
  const Beat* beat = nullptr;      // the last that the look saw for sure
  const Beat* previous = nullptr;  // the block before each
  for (const Beat& one : found->second) {
    if (one.finished > latest) break;
    const bool changed = previous != nullptr && previous->generation != one.generation;
    if (one.finished >= before && (one.generation == 0 || changed)) return {Finding::What::right, {}, {}, {}};
    if (one.finished <= last.at && (previous == nullptr || previous->sequence != one.sequence)) beat = &one;
    previous = &one;
  }
  if (beat == nullptr) return out;
  if (beat->generation == 0) return {Finding::What::right, {}, {}, {}};
  out.last = beat->finished;
  out.silent = last.at - beat->finished;
  out.least = beat->dead - kPeriod - down.error - (last.finished - last.at);
  out.what = out.silent >= out.least ? Finding::What::silent : Finding::What::wrong;
  return out;
}

/// Something from outside, or its own end, that explains that a node does not beat.
bool explains(const Event& event) {
  const auto is = [&](const char* source, const char* kind) {
    return event.source == source && event.kind == kind;
  };
  return event.source == "power" || is("lab", "gone") || is("lab", "power_off") || is("lab", "restored") ||
         is("fault", "clock_step") || is("fault", "nmi") || is("libvirt", "domain_suspended") ||
         is("libvirt", "domain_io_error") || is("libvirt", "domain_watchdog") ||
         is("disk", "disk_path_died") || is("disk", "disk_released") || is("disk", "disk_fault_off") ||
         is("fault", "node_resumed");
}

bool excused(const std::vector<Event>& timeline, const std::vector<Span>& spans, int node, TimePoint from,
             TimePoint to) {
  // One that was cut off but ends only now had stopped before.
  constexpr Duration kEnd = 5s;
  for (const Span& span : spans)
    if (span.kind == Span::Kind::fault && (span.node == node || span.node == 0) && span.source != "switch" &&
        span.label.find("->") == std::string::npos && span.from <= to && span.to >= from - kFaultLead)
      return true;
  return std::any_of(timeline.begin(), timeline.end(), [&](const Event& event) {
    return (event.node == node || event.kind == "restored") && event.at >= from - kFaultLead &&
           event.at <= to + kEnd && explains(event);
  });
}

bool has_clock_fault(const std::vector<Event>& timeline, int node) {
  return std::any_of(timeline.begin(), timeline.end(), [&](const Event& event) {
    return event.node == node && event.source == "fault" && event.kind.starts_with("clock_");
  });
}

/// By region, as the nodes' o2hb_beat tell.
std::map<std::string, int> volumes_of(const std::vector<Event>& timeline) {
  std::map<std::string, int> out;
  for (const Event& event : timeline)
    if (const auto volume = volume_of_beat(event)) out[text_of(event, "region")] = *volume;
  return out;
}

}  // namespace

AuditResult audit_silence(const std::vector<Event>& timeline, const DiskRecord& record,
                          const std::map<int, HeartbeatRegion>& regions) {
  AuditResult result;
  result.name = kDownWasSilent;
  std::vector<Down> downs;
  size_t untold = 0;
  for (const Event& event : timeline)
    if (const auto down = down_in(event)) {
      if (event.fields.contains("error_ns"))
        downs.push_back(*down);
      else
        ++untold;
    }
  std::map<int, RegionRecord> disks;
  for (const auto& [volume, region] : regions) disks[volume] = record_of(record, volume, region);
  const std::map<std::string, int> volumes = volumes_of(timeline);
  const std::vector<Span> spans =
      timeline.empty() ? std::vector<Span>() : spans_of(timeline, timeline.front().at, timeline.back().at);
  size_t judged = 0;
  for (const Down& down : downs) {
    const auto volume = volumes.find(down.region);
    std::optional<Finding> best;
    for (const auto& [number, disk] : disks) {
      if (volume != volumes.end() && volume->second != number) continue;
      const Finding one = judge(down, disk, downs);
      if (one.what != Finding::What::untold && (!best || one.what < best->what)) best = one;
    }
    if (!best || has_clock_fault(timeline, down.observer)) {
      ++untold;
      continue;
    }
    ++judged;
    const std::string last =
        fmt::format("its last beat had reached the disk {:.3f} s before", to_seconds(down.at - best->last));
    const std::string when = fmt::format("{:.3f} s of the case", to_seconds(down.at - timeline.front().at));
    if (best->what == Finding::What::wrong) {
      result.wrong_since.push_back(down.at);
      result.findings.push_back(
          fmt::format("node{} called node{} down in region {} at {}: {}, and it may be silent for {:.3f} s",
                      down.observer, down.node, down.region, when, last, to_seconds(best->least)));
    } else if (best->what == Finding::What::silent &&
               !excused(timeline, spans, down.node, best->last, down.at)) {
      result.wrong_since.push_back(best->last);
      result.findings.push_back(fmt::format(
          "node{}'s beats stood still for {:.3f} s with no fault in force, until node{} called it down in "
          "region {} at {}",
          down.node, to_seconds(best->silent), down.observer, down.region, when));
    }
  }
  result.looked_at = fmt::format("{} downs of {} regions", judged, disks.size());
  if (untold > 0) result.looked_at += fmt::format("; {} could not be judged", untold);
  if (!result.findings.empty())
    result.outcome = AuditResult::Outcome::fail;
  else if (judged == 0)
    result.outcome = AuditResult::Outcome::skip;
  return result;
}

}  // namespace o2lab
