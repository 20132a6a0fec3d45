// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/event_log.h"
#include "judge/result.h"

namespace o2lab {

/// A bar of the measured time over the band that the bounds allow; from 0 on its own scale. Colours are the
/// page's.
std::string interval_svg(const Interval& interval);

/// What an event is to a reader of the timeline; hidden: one of the many that would only crowd it.
enum class Mark { hidden, step, fault, bad, good, info };
Mark mark_of(const Event& event);

/// The moments worth showing between the case's start and end, at most `limit`, oldest first. Where there are
/// more, information is left out before faults and failures are.
std::vector<Event> timeline_events(const CaseResult& result, const std::vector<Event>& events,
                                   size_t limit = 300);

/// Short words for an event: what a step says, else its kind and the fields that tell most.
std::string label_of(const Event& event);

/// "node2", "wire", "disk" or "case": the lane an event is drawn in.
std::string lane_of(const Event& event);

/// A lane for the case, each node, the wire and the disk; seconds from the start of the case. Empty without
/// events.
std::string timeline_svg(const CaseResult& result, const std::vector<Event>& shown);

}  // namespace o2lab
