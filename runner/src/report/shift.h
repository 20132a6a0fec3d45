// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/event_log.h"
#include "judge/result.h"

namespace o2lab {

/// Brings stamps of another boot or another host to the clock of this run: `by` is added to each. What lies
/// in the files of the case is not touched: see file_clock().
void shift(CaseResult& result, Duration by);
void shift(Event& event, Duration by);

/// What is added to a stamp of a clock with the wall offset `from` (wall_offset_ns()) to have the same wall
/// time by one with `to`.
inline Duration between_clocks(int64_t from, int64_t to) {
  return Duration(from - to);
}

/// What brings stamps in the files of a case (its folder) to the clock of the run: zero but where cases of
/// several boots or hosts are one run.
Duration file_clock(const RunResult& run, const std::string& folder);
void set_file_clock(RunResult& run, const std::string& folder, Duration clock);

}  // namespace o2lab
