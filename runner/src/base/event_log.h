// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"

namespace o2lab {

/// One line of events.jsonl.
struct Event {
  TimePoint at;
  int node = 0;        ///< 1-based node number; 0 for the lab as a whole
  std::string source;  ///< console, trace, libvirt, ssh, switch, disk, fault, case, judge, lab
  std::string kind;    ///< what happened, in snake_case: panic, ready, domain_stopped, quorum_decision, …
  nlohmann::json fields = nlohmann::json::object();
  int lab = 0;  ///< which lab of a run with several, from 1; 0: the only one
};

/// The timeline of a run: kept in memory for the judge and appended to events.jsonl at once. All methods from
/// any thread.
class EventLog {
 public:
  EventLog() = default;
  /// Appends to `file`; throws infra naming it when it cannot be created.
  explicit EventLog(const fs::path& file);

  void add(Event event);
  void add(int node, std::string source, std::string kind, nlohmann::json fields = nlohmann::json::object()) {
    add(Event{Clock::now(), node, std::move(source), std::move(kind), std::move(fields)});
  }
  /// Called after each event, on the thread that added it and without the lock held; set before other threads
  /// add.
  void on_event(std::function<void(const Event&)> listener) { listener_ = std::move(listener); }

  /// Number of events so far; a position for since().
  size_t position() const;
  /// Events from `position` on that `wanted` accepts, oldest first.
  std::vector<Event> since(size_t position, const std::function<bool(const Event&)>& wanted) const;
  /// Why lines are missing from the file (disk full), empty when none are.
  std::string write_error() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Event> events_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, &std::fclose};
  std::string write_error_;
  std::function<void(const Event&)> listener_;
};

/// The timelines of the labs of a run, as their EventLogs left them (`files`: number of the lab and its
/// file), as one, oldest first. A line that was cut short by the death of its writer is left out; so is a
/// file that is not there.
std::vector<Event> merge_events(const std::vector<std::pair<int, fs::path>>& files);

/// Replaces `file` by these, a line each; throws infra naming it.
void write_events(const fs::path& file, const std::vector<Event>& events);

}  // namespace o2lab
