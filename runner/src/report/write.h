// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "base/fd.h"
#include "judge/result.h"
#include "report/case_events.h"
#include "report/extras.h"

namespace o2lab {

/// Writes verdict.json and timing.json into the case's folder (CaseResult::folder()), which is created.
/// Throws infra.
void write_case_reports(const CaseResult& result, const fs::path& run_dir);

/// Writes run.json, results.json, results.ktap, junit.xml and index.html of a run. A file that cannot be
/// written does not keep the others from being written; then throws infra naming all that failed. `parts`:
/// split_events() of the run; `extras` is completed with the files of the cases.
void write_run_reports(const RunResult& run, const std::vector<CaseEvents>& parts, const fs::path& run_dir,
                       ReportExtras extras = {});

}  // namespace o2lab
