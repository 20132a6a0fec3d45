// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "judge/stored_case.h"
#include "report/case_events.h"
#include "report/past.h"
#include "report/sqlite.h"

namespace o2lab {

/// All runs that this user made, in an SQLite file; several runs may write to it at once.
class RunHistory {
 public:
  /// $XDG_STATE_HOME/o2lab/history.db.
  static fs::path default_file();
  /// Opens or creates it, and brings an older one up to date; throws input when a newer program made it.
  explicit RunHistory(const fs::path& file = default_file());

  /// Stores a run with what its cases took (`parts`: split_events()); false, and nothing is changed, when a
  /// run of that id is there. Runs with the ids `replaces`, its own among them when it has gone on, are taken
  /// out in the same transaction: so that nothing that it holds counts twice.
  bool add(const RunResult& run, const fs::path& run_dir, const std::vector<CaseEvents>& parts,
           const std::vector<std::string>& replaces = {});
  /// Runs that an older program stored lack their host, kernel reports and expected failures: takes them from
  /// the run directories that are still there. Does nothing the second time.
  void complete();

  /// Of each case of the run, on its kernel flavour and topology, what the runs before had to say; back to
  /// the `most`-th that had at least half of them. The legs of a merged run are one.
  Past before(const RunResult& run, int most = 30);
  /// Every ending of the cases whose name matches the pattern (GLOB of SQLite: *, ?, [...]), oldest
  /// first.
  std::vector<StoredCase> cases(const std::string& name_pattern, const std::string& run_pattern = "*");
  /// Of each case on each kernel flavour and topology the endings in the last `most_runs` runs that had it
  /// and began before `before_ns`, oldest first.
  std::vector<StoredCase> earlier_cases(int64_t before_ns, int most_runs);
  /// How long each case takes on a kernel flavour, in runs of that topology (RunResult::topology): the median
  /// of the last five with a verdict.
  std::map<std::string, Duration> durations(const std::string& flavour, const std::string& topology);
  /// Ids of the runs that match, oldest first.
  std::vector<std::string> runs(const std::string& pattern);
  /// All runs, oldest first.
  std::vector<StoredRun> stored_runs();
  /// Kernel reports of the runs that began before `before_ns`.
  std::vector<SeenReport> reports_before(int64_t before_ns);

 private:
  std::vector<StoredCase> read_cases(Statement& found);
  void add_details(int64_t id, const CaseResult& result);
  Database db_;
};

/// Reads a run directory and stores it. Returns false when it was there; throws input when it is none.
bool import_run(RunHistory& history, const fs::path& run_dir);
/// The same for one that is read already. The legs of a merged run are stored as "ID-LEG" each.
bool import_run(RunHistory& history, const RunResult& run, const fs::path& run_dir);

}  // namespace o2lab
