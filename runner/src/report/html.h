// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "judge/result.h"
#include "report/case_events.h"
#include "report/extras.h"

namespace o2lab {

/// Around ReportExtras::section in the page, so that a report written anew can keep it.
inline constexpr char section_begin[] = "<!--section-->";
inline constexpr char section_end[] = "<!--/section-->";

/// index.html of a run: one file that opens offline (a Content-Security-Policy forbids it to load anything),
/// light or dark as the reader's system is. Links to artefacts are relative to the run directory. `parts`:
/// split_events() of the run.
std::string index_html(const RunResult& run, const std::vector<CaseEvents>& parts,
                       const ReportExtras& extras = {});

}  // namespace o2lab
