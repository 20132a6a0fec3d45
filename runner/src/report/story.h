// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "judge/result.h"

namespace o2lab {

/// One thing that was done, expected or went wrong, and when.
struct Telling {
  TimePoint at;
  std::string text;
  int node = 0;           ///< whose console has it; 0: none
  std::string line = {};  ///< what a line of it holds
};

/// Steps of the case and faults, in their order. `events`: those of the case.
std::vector<Telling> what_was_done(const std::vector<Event>& events);

/// Deaths that the case asked for and the bounds of its intervals, a sentence each; what holds for every case
/// is the last one.
std::vector<std::string> what_was_expected(const CaseResult& result, const std::vector<Event>& events);

/// Of a failed case the earliest event that a message complains of: a kernel report, a death, an interval out
/// of bounds; else the step in which the first message came. Empty for a case that did not fail.
std::optional<Telling> first_wrong(const CaseResult& result, const std::vector<Event>& events);

}  // namespace o2lab
