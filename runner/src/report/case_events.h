// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "base/event_log.h"
#include "judge/result.h"
#include "observe/timeline.h"
#include "report/past.h"

namespace o2lab {

/// The stretch of the timeline that is one case's.
struct CaseEvents {
  std::vector<Event> events;  ///< on_host_clock(), oldest first
  std::vector<Span> spans;
  std::vector<Took> times;
};

/// In the order of run.cases.
std::vector<CaseEvents> split_events(const RunResult& run, const std::vector<Event>& events);

}  // namespace o2lab
