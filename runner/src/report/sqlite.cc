// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/error.h"

namespace o2lab {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Database::Close::operator()(sqlite3* db) const {
  sqlite3_close(db);
}

Statement::Statement(sqlite3* db, const std::string& sql) : db_(db) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v2(db, sql.c_str(), static_cast<int>(sql.size()), &made, nullptr);
  statement_.reset(made);
  if (code != SQLITE_OK) fail(ErrorKind::environment, "history: {}: {}", sql, sqlite3_errmsg(db));
}

void Statement::check(int code) const {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE)
    fail(ErrorKind::environment, "history: {}: {}", sqlite3_sql(statement_.get()), sqlite3_errmsg(db_));
}

Statement& Statement::bind(const std::string& text) {
  check(sqlite3_bind_text(statement_.get(), ++bound_, text.data(), static_cast<int>(text.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(int64_t number) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, number));
  return *this;
}

Statement& Statement::bind(double number) {
  check(sqlite3_bind_double(statement_.get(), ++bound_, number));
  return *this;
}

Statement& Statement::bind(const std::optional<Duration>& time) {
  if (time) return bind(int64_t{time->count()});
  check(sqlite3_bind_null(statement_.get(), ++bound_));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  check(code);
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  check(sqlite3_reset(statement_.get()));
  bound_ = 0;
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text == nullptr
             ? ""
             : std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::optional<Duration> Statement::time(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return {};
  return Duration(integer(column));
}

Database::Database(const fs::path& file) {
  sqlite3* made = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &made, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  db_.reset(made);
  if (code != SQLITE_OK) fail(ErrorKind::environment, "{}: {}", file.native(), sqlite3_errstr(code));
  constexpr int kPatienceMs = 20'000;
  sqlite3_busy_timeout(db_.get(), kPatienceMs);
  // The journal stays what it is: a change of its mode fails at once when another process makes one too.
  run("PRAGMA foreign_keys=ON");
}

void Database::run(const std::string& sql) {
  char* text = nullptr;
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, &text) == SQLITE_OK) return;
  const std::string why = text == nullptr ? "unknown error" : text;
  sqlite3_free(text);
  fail(ErrorKind::environment, "history: {}: {}", sql.substr(0, 60), why);
}

int Database::changes() const {
  return sqlite3_changes(db_.get());
}

int64_t Database::last_id() const {
  return sqlite3_last_insert_rowid(db_.get());
}

void Transaction::commit() {
  db_.run("COMMIT");
  over_ = true;
}

Transaction::~Transaction() {
  if (over_) return;
  try {
    db_.run("ROLLBACK");
  } catch (const std::exception&) {
    // Closing the connection does it as well.
  }
}

}  // namespace o2lab
