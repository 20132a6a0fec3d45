// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history.h"

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/paths.h"
#include "judge/statistics.h"
#include "report/history_schema.h"
#include "report/json.h"
#include "report/merge.h"
#include "report/run_events.h"
#include "report/summary_line.h"
#include "report/text.h"

namespace o2lab {
namespace {

fs::path made(const fs::path& file) {
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  return file;
}

}  // namespace

fs::path RunHistory::default_file() {
  return state_dir() / "history.db";
}

RunHistory::RunHistory(const fs::path& file) : db_(made(file)) {
  prepare_history(db_, file);
}

bool RunHistory::add(const RunResult& run, const fs::path& run_dir, const std::vector<CaseEvents>& parts,
                     const std::vector<std::string>& replaces) {
  Transaction all(db_);
  for (const std::string& id : replaces) db_.prepare("DELETE FROM runs WHERE id = ?").bind(id).run();
  const Counts n = count(run.cases);
  db_.prepare("INSERT OR IGNORE INTO runs VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,1)")
      .bind(run.id)
      .bind(fs::absolute(run_dir).native())
      .bind(to_ns(run.started) + run.wall_offset)
      .bind(run.wall(run.started))
      .bind(int64_t{run.duration.count()})
      .bind(run.kernel.flavour)
      .bind(run.kernel.version)
      .bind(run.kernel.hash)
      .bind(run.accel)
      .bind(run.topology)
      .bind(std::to_string(run.seed))
      .bind(run.command)
      .bind(n.passed)
      .bind(n.failed)
      .bind(n.skipped)
      .bind(host_of(run))
      .run();
  if (db_.changes() == 0) return false;
  Statement add_case = db_.prepare("INSERT OR IGNORE INTO cases VALUES(NULL,?,?,?,?,?,?,?,?,?,'')");
  Statement add_interval = db_.prepare("INSERT INTO intervals VALUES(?,?,?,?,?,?)");
  Statement add_time = db_.prepare("INSERT INTO times VALUES(?,?,?)");
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const CaseResult& c = run.cases[i];
    add_case.bind(run.id)
        .bind(c.full_name())
        .bind(c.folder())
        .bind(c.flavour)
        .bind(std::string(c.came_round ? name_of(Verdict::pass) : name_of(c.verdict)))
        .bind(std::string(name_of(c.failure)))
        .bind(one_line(full_reason(c), 300))
        .bind(int64_t{c.duration().count()})
        .bind(c.attempts)
        .run();
    if (db_.changes() == 0) continue;
    const int64_t id = db_.last_id();
    add_details(id, c);
    for (const Interval& one : c.intervals)
      add_interval.bind(id)
          .bind(one.name)
          .bind(one.measured)
          .bind(one.lower)
          .bind(one.upper)
          .bind(one.ok ? 1 : 0)
          .run();
    if (i < parts.size())
      for (const Took& one : parts[i].times) add_time.bind(id).bind(one.what).bind(one.seconds).run();
  }
  all.commit();
  return true;
}

void RunHistory::add_details(int64_t id, const CaseResult& result) {
  db_.prepare("UPDATE cases SET expected = ? WHERE id = ?")
      .bind(result.failed_as_expected() ? result.expected : "")
      .bind(id)
      .run();
  Statement add_report = db_.prepare("INSERT INTO reports VALUES(?,?,?,?,?)");
  for (const Finding& one : result.kernel_reports) {
    const ReportFingerprint known = fingerprint_of(one);
    add_report.bind(id)
        .bind(one.node)
        .bind(one.kind)
        .bind(known.title)
        .bind(fmt::format("{}", fmt::join(known.frames, "\n")))
        .run();
  }
}

void RunHistory::complete() {
  Transaction all(db_);
  std::vector<StoredRun> lacking;
  for (StoredRun& one : stored_runs())
    if (!one.whole) lacking.push_back(std::move(one));
  Statement whole = db_.prepare("UPDATE runs SET host = ?, whole = 1 WHERE id = ?");
  Statement find = db_.prepare("SELECT id FROM cases WHERE run = ? AND folder = ? AND name = ?");
  for (const StoredRun& one : lacking) {
    RunResult run;
    try {
      run = read_results(one.dir);
    } catch (const Error&) {
      // The directory is gone, and what it could have told with it.
    }
    for (const CaseResult& c : run.cases) {
      find.bind(one.id).bind(c.folder()).bind(c.full_name());
      if (find.step()) add_details(find.integer(0), c);
      find.run();
    }
    whole.bind(host_of(run)).bind(one.id).run();
  }
  all.commit();
}

std::map<std::string, Duration> RunHistory::durations(const std::string& flavour,
                                                      const std::string& topology) {
  constexpr size_t most = 5;
  Statement found = db_.prepare(
      "SELECT c.name, c.duration_ns FROM cases c JOIN runs r ON c.run = r.id WHERE c.verdict IN ('pass', "
      "'fail') "
      "AND c.flavour = ? AND r.topology = ? ORDER BY r.started_ns DESC");
  found.bind(flavour).bind(topology);
  std::map<std::string, std::vector<double>> last;
  while (found.step())
    if (auto& all = last[found.text(0)]; all.size() < most)
      all.push_back(static_cast<double>(found.integer(1)));
  std::map<std::string, Duration> out;
  for (const auto& [name, all] : last) out[name] = Duration(static_cast<int64_t>(median(all)));
  return out;
}

bool import_run(RunHistory& history, const fs::path& run_dir) {
  return import_run(history, read_results(run_dir), run_dir);
}

bool import_run(RunHistory& history, const RunResult& run, const fs::path& run_dir) {
  const std::vector<CaseEvents> parts = split_events(run, read_events(run_dir));
  return parts_of(run).empty() ? history.add(run, run_dir, parts) : add_merged(history, run, run_dir, parts);
}

}  // namespace o2lab
