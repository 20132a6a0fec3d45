// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <utility>
#include <vector>

#include "base/event_log.h"
#include "report/progress.h"

namespace o2lab {

/// The timelines of labs of a run that have not been joined, with their numbers, in their order.
std::vector<std::pair<int, fs::path>> lab_event_files(const fs::path& run_dir);

/// The timeline of a run on its clock, oldest first: its events.jsonl and what labs have left beside it.
/// `progress`: of a run that may have had several sittings; null: it had one.
std::vector<Event> gather_events(const fs::path& run_dir, const RunProgress* progress);

/// The same, with what progress.jsonl there is; empty when there is nothing.
std::vector<Event> read_events(const fs::path& run_dir);

/// Leaves the timeline of the run as its events.jsonl, and no other. Returns why that is not whole, else
/// empty.
std::string join_events(const fs::path& run_dir, std::vector<Event>& events,
                        const RunProgress* progress = nullptr);

}  // namespace o2lab
