// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/event_log.h"
#include "report/case_events.h"
#include "report/history.h"
#include "report/legs.h"
#include "report/progress.h"

namespace o2lab {

/// In a run directory that was merged: into which.
inline constexpr const char* kMergedName = "merged.json";

/// One of the runs that are merged: a shard, a leg, or both.
struct MergePart {
  fs::path dir;
  RunResult run;              ///< with the cases that are decided
  RunAsked asked;             ///< empty for a run of an o2lab that kept no progress.jsonl
  std::vector<Event> events;  ///< on the clock of the run
  std::string merged_before;  ///< id of a run that it was merged into already; empty: none
};

/// Reads a run directory, ended or not. Throws input when it is none, or was merged itself.
MergePart read_part(const fs::path& dir);

/// A case that must be in one of the parts.
struct ExpectedCase {
  std::string leg;
  std::string name;
  int shard = 0;  ///< which should have it
};

struct MergedRun {
  RunResult run;
  std::vector<Event> events;
  std::vector<std::pair<fs::path, fs::path>>
      folders;                    ///< of the cases: where it is, its name in the new directory
  std::vector<std::string> lost;  ///< what was to run and did not, a line each
};

/// One run of them all, on the clock of the one that began first. Parts on the same kernels, image and
/// topology are shards of one leg, or of the leg that they name; each leg may hold a case once. A case that
/// is lost has the verdict error. `expected`: every case of the plan, in its order; empty: what the parts
/// were asked for. Throws input for a part that is given twice and for a case that two parts of a leg have,
/// naming all.
MergedRun merge_runs(const std::vector<MergePart>& parts, const std::vector<ExpectedCase>& expected = {});

/// Leaves the verdict and times of each case in its folder below `run_dir`, with the paths that it has there;
/// stamps by the clock that the other files of the folder have. What parts have by the same inode stays.
void write_merged_verdicts(const RunResult& run, const fs::path& run_dir);

/// Stores a merged run: each leg as a run of its own, as a stored run has one kernel ("ID", or "ID-LEG" of
/// several legs). What it takes the place of is gone in the same step. False when all of it was there.
bool add_merged(RunHistory& history, const RunResult& run, const fs::path& run_dir,
                const std::vector<CaseEvents>& parts, const std::vector<std::string>& replaces = {});

}  // namespace o2lab
