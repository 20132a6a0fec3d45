// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fd.h"

struct sqlite3;
struct sqlite3_stmt;

namespace o2lab {

/// A statement of a Database, which must outlive it. Whatever fails throws environment with the statement.
class Statement {
 public:
  /// Binds the next parameter, from the first on.
  Statement& bind(const std::string& text);
  Statement& bind(int64_t number);
  Statement& bind(int number) { return bind(int64_t{number}); }
  Statement& bind(double number);
  Statement& bind(const std::optional<Duration>& time);  ///< nanoseconds, or NULL
  /// The next row; false when there is none left.
  bool step();
  /// Runs it to its end, and makes it ready to be bound anew.
  void run();

  std::string text(int column) const;
  int64_t integer(int column) const;
  double real(int column) const;
  std::optional<Duration> time(int column) const;

 private:
  friend class Database;
  Statement(sqlite3* db, const std::string& sql);
  void check(int code) const;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

/// One connection to an SQLite file, several processes at a time, with 20 s of patience with each other.
class Database {
 public:
  /// Opens or creates it; throws environment naming the file.
  explicit Database(const fs::path& file);
  Statement prepare(const std::string& sql) { return {db_.get(), sql}; }
  /// Statements without parameters or rows.
  void run(const std::string& sql);
  int changes() const;
  int64_t last_id() const;

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, Close> db_;
};

/// Begins at once to write (BEGIN IMMEDIATE), so that it waits for other writers here and not half way;
/// undone unless committed.
class Transaction {
 public:
  explicit Transaction(Database& db) : db_(db) { db_.run("BEGIN IMMEDIATE"); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& db_;
  bool over_ = false;
};

}  // namespace o2lab
