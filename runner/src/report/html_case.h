// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/event_log.h"
#include "judge/result.h"
#include "observe/timeline.h"
#include "report/extras.h"

namespace o2lab {

/// "<span class=badge ...>": the verdict as a word in its colour.
std::string badge_html(const CaseResult& result);

/// By which "index.html#…" leads to a case: its full name, with ".2" and so on for a repetition.
std::string anchor_of(const CaseResult& result);

/// One case in full, folded away unless it failed. `events`: those of the case, on_host_clock().
std::string case_html(const CaseResult& result, const std::vector<Event>& events,
                      const std::vector<Span>& spans, const ReportExtras& extras);

}  // namespace o2lab
