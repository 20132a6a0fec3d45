// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/event_log.h"
#include "report/extras.h"

namespace o2lab {

/// What earlier runs say, for the report of `run`, which is stored beside them. Whatever goes wrong with the
/// history is told on stderr and harms no run.
Past remember(const RunResult& run, const fs::path& run_dir, const std::vector<Event>& events);

}  // namespace o2lab
