// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/stored_runs.h"

#include "base/error.h"
#include "report/json.h"
#include "report/merge.h"
#include "report/progress.h"

namespace o2lab {

bool is_a_part(const fs::path& run_dir) {
  std::error_code error;
  if (fs::exists(run_dir / kMergedName, error)) return true;
  return fs::exists(run_dir / RunProgress::name, error) && !RunProgress::read(run_dir).asked().plan.empty();
}

std::string pattern_of(RunHistory& history, const std::string& runs) {
  std::error_code error;
  if (!fs::exists(fs::path(runs) / "results.json", error)) return runs;
  if (is_a_part(runs))
    fail(ErrorKind::input,
         "{}: its cases count in the run that it is merged into: name that one, or merge it first (o2lab "
         "merge)",
         runs);
  const RunResult run = read_results(runs);
  import_run(history, run, runs);
  return parts_of(run).empty() ? run.id : run.id + "-*";
}

std::vector<std::string> known_runs(RunHistory& history, const std::string& pattern) {
  std::vector<std::string> ids = history.runs(pattern);
  if (ids.empty())
    fail(ErrorKind::input,
         "{}: neither a run directory nor the id of a stored run; patterns (*, ?) match ids: quote them",
         pattern);
  return ids;
}

}  // namespace o2lab
