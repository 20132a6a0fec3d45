// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "judge/result.h"
#include "observe/timeline.h"
#include "report/vocabulary.h"

namespace o2lab {

/// A bar of the measured time over the band that the bounds allow; from 0 on its own scale. Colours are the
/// page's.
std::string interval_svg(const Interval& interval);

/// The moments worth showing between the case's start and end, at most `limit`, oldest first. Where there are
/// more, information is left out before faults and failures are.
std::vector<Event> timeline_events(const CaseResult& result, const std::vector<Event>& events,
                                   size_t limit = 180);

/// Everything that the picture of one case is drawn from.
struct CaseView {
  std::vector<Event> shown;  ///< timeline_events()
  std::vector<Span> spans;
  std::map<int, std::vector<TimePoint>> beats;  ///< heartbeat writes of each node
  std::optional<TimePoint> first_wrong;
};

/// A lane for the case, each node, the wire and the disk; seconds from the start of the case. Below the marks
/// of a node: its heartbeat writes, then a thin row for each other node that it counts as up and is connected
/// to. The page's script zooms it. Empty without events.
std::string timeline_svg(const CaseResult& result, const CaseView& view);

/// Shapes of the marks, once for the page.
std::string timeline_symbols();

}  // namespace o2lab
