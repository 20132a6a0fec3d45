// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history.h"

#include <fstream>

#include "base/error.h"
#include "base/paths.h"
#include "report/json.h"
#include "report/summary_line.h"

namespace o2lab {
namespace {

constexpr int64_t kSchema = 1;
constexpr const char* kTables = R"sql(
CREATE TABLE runs(id TEXT PRIMARY KEY, dir TEXT, started_ns INTEGER, started TEXT, duration_ns INTEGER,
  flavour TEXT, version TEXT, kernel_hash TEXT, accel TEXT, topology TEXT, seed TEXT, command TEXT,
  passed INTEGER, failed INTEGER, skipped INTEGER) WITHOUT ROWID;
CREATE TABLE cases(id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, name TEXT,
  folder TEXT, flavour TEXT, verdict TEXT, class TEXT, reason TEXT, duration_ns INTEGER, attempts INTEGER,
  UNIQUE(run, folder, name));
CREATE INDEX cases_by_name ON cases(name);
CREATE TABLE intervals(case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE CASCADE, name TEXT,
  measured_ns INTEGER, lower_ns INTEGER, upper_ns INTEGER, ok INTEGER);
CREATE INDEX intervals_by_case ON intervals(case_id);
CREATE TABLE times(case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE CASCADE, what TEXT, seconds REAL);
CREATE INDEX times_by_case ON times(case_id);
)sql";

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
  Transaction one(db_);
  Statement version = db_.prepare("PRAGMA user_version");
  version.step();
  const int64_t found = version.integer(0);
  if (found > kSchema)
    fail(ErrorKind::input, "{}: written by a newer o2lab (schema {}, this one knows {})", file.native(),
         found, kSchema);
  if (found == 0) {
    db_.run(kTables);
    db_.run(fmt::format("PRAGMA user_version = {}", kSchema));
  }
  version = db_.prepare("SELECT 1");  // an open statement would keep the transaction from ending
  one.commit();
}

bool RunHistory::add(const RunResult& run, const fs::path& run_dir, const std::vector<CaseEvents>& parts) {
  Transaction all(db_);
  const Counts n = count(run.cases);
  db_.prepare("INSERT OR IGNORE INTO runs VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
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
      .run();
  if (db_.changes() == 0) return false;
  Statement add_case = db_.prepare("INSERT OR IGNORE INTO cases VALUES(NULL,?,?,?,?,?,?,?,?,?)");
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
        .bind(c.reason())
        .bind(int64_t{c.duration().count()})
        .bind(c.attempts)
        .run();
    if (db_.changes() == 0) continue;
    const int64_t id = db_.last_id();
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

Past RunHistory::before(const RunResult& run, int most) {
  Past out;
  Statement runs = db_.prepare(
      "SELECT id, started, passed, failed, skipped FROM runs WHERE started_ns < ? AND id != ? ORDER BY "
      "started_ns "
      "DESC LIMIT ?");
  runs.bind(to_ns(run.started) + run.wall_offset).bind(run.id).bind(most);
  while (runs.step())
    out.runs.insert(out.runs.begin(), {runs.text(0), runs.text(1), static_cast<int>(runs.integer(2)),
                                       static_cast<int>(runs.integer(3)), static_cast<int>(runs.integer(4))});
  Statement verdicts = db_.prepare("SELECT name, verdict FROM cases WHERE run = ? ORDER BY id");
  Statement times = db_.prepare(
      "SELECT what, name, seconds FROM times JOIN cases ON case_id = id WHERE run = ? ORDER BY id");
  for (const Past::Run& one : out.runs) {
    verdicts.bind(one.id);
    while (verdicts.step()) out.verdicts[verdicts.text(0)] += verdicts.text(1).substr(0, 1);
    verdicts.run();
    times.bind(one.id);
    while (times.step()) out.times.push_back({times.text(0), times.text(1), times.real(2)});
    times.run();
  }
  constexpr size_t shown = 10;
  for (auto& [name, letters] : out.verdicts)
    if (letters.size() > shown) letters.erase(0, letters.size() - shown);
  return out;
}

std::vector<StoredCase> RunHistory::cases(const std::string& name_pattern, const std::string& run_pattern) {
  std::vector<StoredCase> out;
  Statement found = db_.prepare(
      "SELECT c.id, r.id, r.started, c.flavour, r.version, r.kernel_hash, c.name, c.verdict, c.reason, "
      "c.duration_ns FROM cases c JOIN runs r ON c.run = r.id WHERE c.name GLOB ? AND r.id GLOB ? ORDER BY "
      "r.started_ns, c.id");
  found.bind(name_pattern).bind(run_pattern);
  while (found.step()) {
    StoredCase one;
    one.id = found.integer(0);
    one.run = found.text(1);
    one.started = found.text(2);
    one.kernel = found.text(3) + " " + found.text(4);
    one.kernel_hash = found.text(5);
    one.name = found.text(6);
    one.verdict = found.text(7);
    one.reason = found.text(8);
    one.duration = Duration(found.integer(9));
    out.push_back(std::move(one));
  }
  Statement intervals = db_.prepare(
      "SELECT name, measured_ns, lower_ns, upper_ns, ok FROM intervals WHERE case_id = ? ORDER BY rowid");
  for (StoredCase& one : out) {
    intervals.bind(one.id);
    while (intervals.step())
      one.intervals.push_back({intervals.text(0), intervals.time(1), intervals.time(2), intervals.time(3),
                               intervals.integer(4) != 0});
    intervals.run();
  }
  return out;
}

std::vector<std::string> RunHistory::runs(const std::string& pattern) {
  std::vector<std::string> out;
  Statement found = db_.prepare("SELECT id FROM runs WHERE id GLOB ? ORDER BY started_ns");
  found.bind(pattern);
  while (found.step()) out.push_back(found.text(0));
  return out;
}

std::vector<Event> read_events(const fs::path& run_dir) {
  std::error_code error;
  std::vector<std::pair<int, fs::path>> parts;
  for (int lab = 1; fs::exists(run_dir / fmt::format("events-{}.jsonl", lab), error); ++lab)
    parts.emplace_back(lab, run_dir / fmt::format("events-{}.jsonl", lab));
  if (!fs::exists(run_dir / "events.jsonl", error)) return merge_events(parts);
  // Each line of a joined timeline tells its lab, which merge_events() does not read.
  std::vector<Event> out;
  std::ifstream in(run_dir / "events.jsonl");
  for (std::string line; std::getline(in, line);) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("ns")) continue;
    Event event{from_ns(parsed.value("ns", int64_t{0})), parsed.value("node", 0), parsed.value("source", ""),
                parsed.value("kind", "")};
    if (parsed.contains("fields")) event.fields = parsed["fields"];
    event.lab = parsed.value("lab", 0);
    out.push_back(std::move(event));
  }
  return out;
}

bool import_run(RunHistory& history, const fs::path& run_dir) {
  const RunResult run = read_results(run_dir);
  return history.add(run, run_dir, split_events(run, read_events(run_dir)));
}

}  // namespace o2lab
