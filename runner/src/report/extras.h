// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fd.h"
#include "judge/result.h"
#include "report/past.h"

namespace o2lab {

/// What the page of a run shows beside its results and events.
struct ReportExtras {
  std::string section;  ///< HTML that stands before the cases
  Past past;
  /// By folder of the case: heartbeat writes of each node.
  std::map<std::string, std::map<int, std::vector<TimePoint>>> beats;
  /// By folder of a case that failed: what each node's console has.
  std::map<std::string, std::map<int, std::string>> consoles = {};
};

/// Reads the heartbeat.json of each case that has one, and the consoles of those that failed.
void read_case_files(const RunResult& run, const fs::path& run_dir, ReportExtras& extras);

}  // namespace o2lab
