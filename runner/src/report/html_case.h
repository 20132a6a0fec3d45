// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/event_log.h"
#include "judge/result.h"

namespace o2lab {

/// "<span class=badge ...>": the verdict as a word in its colour.
std::string badge_html(const CaseResult& result);

/// One case in full, folded away unless it failed; its anchor is "case-<number>".
std::string case_html(const CaseResult& result, size_t number, const std::vector<Event>& events);

}  // namespace o2lab
