// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/event_log.h"

namespace o2lab {

/// The timeline with every trace event of a guest where it happened, not where it arrived, oldest first: by
/// the guest_clock that its incarnation left (console/guest_clock.h). Such an event gets the field error_ns;
/// one of an incarnation without a clock stays where it arrived and gets none.
std::vector<Event> on_host_clock(std::vector<Event> events);

/// Something that lasted.
struct Span {
  enum class Kind {
    alive,      ///< from power-on to the end of QEMU
    member,     ///< `node` counts `peer` as up
    connected,  ///< `node` has an o2net connection to `peer`
    recovery,   ///< `node` replays a journal or recovers a lock domain
    fault,      ///< from outside, and still in force
    expected,   ///< `node` is to die in it
  };
  Kind kind = Kind::alive;
  int node = 0;  ///< 0: none in particular
  int peer = 0;
  TimePoint from;
  TimePoint to;
  bool open = false;   ///< still so at the end of the stretch
  std::string label;   ///< "disk hangs: shared0"
  std::string source;  ///< of the event that began it: switch, disk, fault, …
};

/// What lasted in a stretch of the timeline of one lab, ordered by start. Faults are told by a table of the
/// kinds that begin and end them: an end ends the fault of the same node with the same fields, else the one
/// last begun.
std::vector<Span> spans_of(const std::vector<Event>& events, TimePoint from, TimePoint to);

/// When the cluster dealt with the death of a node. All from the death on.
struct DeathTimes {
  int node = 0;
  std::string cause;  ///< name_of(Cause)
  TimePoint at;
  /// How long fencing took, of a death by a fence: from the fault that the case expected it of.
  std::optional<Duration> since_fault;
  std::optional<Duration> detected;   ///< first survivor counts it as down
  std::optional<Duration> recovered;  ///< last journal replay or domain recovery that began within 60 s
};

/// Deaths that the case brought about, not its powering off at the end.
std::vector<DeathTimes> deaths_of(const std::vector<Event>& events, TimePoint from, TimePoint to);

}  // namespace o2lab
