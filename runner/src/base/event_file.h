// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/event_log.h"

namespace o2lab {

/// The events of one file, with their labs. A line that was cut short by the death of its writer is left out;
/// of a file that is not there there are none.
std::vector<Event> read_event_file(const fs::path& file);
/// By time; those of one moment stay as they were.
void sort_events(std::vector<Event>& events);
/// write_events() of events on another clock, that of another boot or host: `wall_offset` is wall minus that
/// clock.
void write_events(const fs::path& file, const std::vector<Event>& events, int64_t wall_offset);

}  // namespace o2lab
