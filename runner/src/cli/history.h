// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "report/case_events.h"

namespace o2lab {

/// What earlier runs say, for the report of `run`, which is stored beside them with `parts`, its
/// split_events(). `went_on`: what is stored of it may be an earlier sitting, and is replaced. Whatever goes
/// wrong with the history is told on stderr and harms no run.
Past remember(const RunResult& run, const fs::path& run_dir, const std::vector<CaseEvents>& parts,
              bool went_on = false);

}  // namespace o2lab
