// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history_schema.h"

#include <array>

#include "base/error.h"

namespace o2lab {
namespace {

/// What leads from each schema to the next one; the first from nothing. Those that were released stay as they
/// are.
constexpr std::array kSteps = {
    R"sql(
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
)sql",
    // `whole` is NULL where a run was stored without what this step brings: RunHistory::complete() looks for
    // it.
    R"sql(
ALTER TABLE runs ADD COLUMN host TEXT;
ALTER TABLE runs ADD COLUMN whole INTEGER;
ALTER TABLE cases ADD COLUMN expected TEXT;
CREATE TABLE reports(case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE CASCADE, node INTEGER, kind TEXT,
  title TEXT, frames TEXT);
CREATE INDEX reports_by_case ON reports(case_id);
)sql"};

}  // namespace

void prepare_history(Database& db, const fs::path& file) {
  constexpr auto known = static_cast<int64_t>(kSteps.size());
  Transaction one(db);
  Statement version = db.prepare("PRAGMA user_version");
  version.step();
  const int64_t found = version.integer(0);
  if (found > known)
    fail(ErrorKind::input, "{}: written by a newer o2lab (schema {}, this one knows {})", file.native(),
         found, known);
  for (int64_t step = found; step < known; ++step) db.run(kSteps.at(static_cast<size_t>(step)));
  if (found < known) db.run(fmt::format("PRAGMA user_version = {}", known));
  version = db.prepare("SELECT 1");  // an open statement would keep the transaction from ending
  one.commit();
}

}  // namespace o2lab
