// SPDX-License-Identifier: GPL-2.0-or-later
// What RunHistory is asked.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "report/history.h"
#include "report/legs.h"

namespace o2lab {
namespace {

/// What read_cases() takes, of `cases c JOIN runs r`.
constexpr const char* kCaseColumns =
    "c.id, r.id, r.started, r.started_ns, r.version, c.flavour, r.kernel_hash, r.topology, r.accel, c.name, "
    "c.folder, c.verdict, c.class, c.reason, c.expected, c.duration_ns";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

/// What a run of before() had of the cases of the new one.
struct EarlierRun {
  std::string dir;
  int64_t started_ns = 0;
  Past::Run shown;
  std::map<CaseKey, std::string> verdicts;
  std::vector<Took> times;

  void add(const CaseKey& key, const std::string& verdict, bool expected) {
    verdicts[key] += verdict.substr(0, 1);
    if (verdict == "pass") ++shown.passed;
    if (verdict == "skip") ++shown.skipped;
    if (verdict == "error" || (verdict == "fail" && !expected)) ++shown.failed;
  }
  /// Before the later ones, which are there already. A bar for one with a few of the cases alone would look
  /// as if the others had not passed.
  void into(Past& out, size_t wanted) const {
    constexpr size_t most_letters = 10;
    for (const auto& [key, letters] : verdicts) {
      std::string& all = out.verdicts[key];
      all.insert(0, letters);
      if (all.size() > most_letters) all.erase(0, all.size() - most_letters);
    }
    out.times.insert(out.times.end(), times.begin(), times.end());
    if (!verdicts.empty() && 2 * verdicts.size() >= wanted) out.runs.push_back(shown);
  }
};

}  // namespace

Past RunHistory::before(const RunResult& run, int most) {
  const std::vector<CaseKey> keys = keys_of(run);
  std::map<CaseKey, std::string> own;  // and its timeouts
  for (size_t i = 0; i < keys.size(); ++i) own.emplace(keys[i], timeouts_of(run.cases[i], keys[i].topology));
  Past out;
  Statement runs = db_.prepare(
      "SELECT id, dir, started_ns, started, topology FROM runs WHERE started_ns < ? AND id != ? ORDER BY "
      "started_ns DESC, dir, id");
  Statement cases =
      db_.prepare("SELECT id, name, flavour, verdict, expected FROM cases WHERE run = ? ORDER BY id");
  Statement times = db_.prepare("SELECT what, seconds FROM times WHERE case_id = ?");
  EarlierRun one;
  const auto enough = [&] { return out.runs.size() >= static_cast<size_t>(most); };
  runs.bind(to_ns(run.started) + run.wall_offset).bind(run.id);
  while (!enough() && runs.step()) {
    // The legs of a merged run are rows beside each other.
    if (one.dir != runs.text(1) || one.started_ns != runs.integer(2)) {
      one.into(out, own.size());
      one = {runs.text(1), runs.integer(2), {runs.text(0), runs.text(3)}, {}, {}};
    } else if (one.shown.id != runs.text(0)) {
      one.shown.id = fs::path(one.dir).filename().native();
    }
    cases.bind(runs.text(0));
    while (cases.step()) {
      const CaseKey key{cases.text(1), cases.text(2), runs.text(4)};
      const auto known = own.find(key);
      if (known == own.end()) continue;
      one.add(key, cases.text(3), !cases.text(4).empty());
      times.bind(cases.integer(0));
      while (times.step()) one.times.push_back({times.text(0), key.name, times.real(1), known->second});
      times.run();
    }
    cases.run();
  }
  if (!enough()) one.into(out, own.size());
  std::reverse(out.runs.begin(), out.runs.end());
  return out;
}

std::vector<std::string> RunHistory::runs(const std::string& pattern) {
  std::vector<std::string> out;
  Statement found = db_.prepare("SELECT id FROM runs WHERE id GLOB ? ORDER BY started_ns");
  found.bind(pattern);
  while (found.step()) out.push_back(found.text(0));
  return out;
}

std::vector<StoredRun> RunHistory::stored_runs() {
  std::vector<StoredRun> out;
  Statement found = db_.prepare(
      "SELECT id, dir, started_ns, started_ns + duration_ns, started, flavour, version, kernel_hash, accel, "
      "topology, host, command, passed, failed, skipped, whole FROM runs ORDER BY started_ns, id");
  while (found.step()) {
    StoredRun one;
    one.id = found.text(0);
    one.dir = found.text(1);
    one.started_ns = found.integer(2);
    one.ended_ns = found.integer(3);
    one.started = found.text(4);
    one.flavour = found.text(5);
    one.version = found.text(6);
    one.kernel_hash = found.text(7);
    one.accel = found.text(8);
    one.topology = found.text(9);
    one.host = found.text(10);
    one.command = found.text(11);
    one.passed = found.integer(12);
    one.failed = found.integer(13);
    one.skipped = found.integer(14);
    one.whole = found.integer(15) != 0;
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<StoredCase> RunHistory::read_cases(Statement& found) {
  std::vector<StoredCase> out;
  Statement intervals = db_.prepare(
      "SELECT name, measured_ns, lower_ns, upper_ns, ok FROM intervals WHERE case_id = ? ORDER BY rowid");
  Statement reports =
      db_.prepare("SELECT node, kind, title, frames FROM reports WHERE case_id = ? ORDER BY rowid");
  while (found.step()) {
    StoredCase one;
    one.id = found.integer(0);
    one.run = found.text(1);
    one.started = found.text(2);
    one.started_ns = found.integer(3);
    one.flavour = found.text(5);
    one.kernel = one.flavour + " " + found.text(4);
    one.kernel_hash = found.text(6);
    one.topology = found.text(7);
    one.accel = found.text(8);
    one.name = found.text(9);
    one.folder = found.text(10);
    one.verdict = found.text(11);
    one.failure = found.text(12);
    one.reason = found.text(13);
    one.expected = found.text(14);
    one.duration = Duration(found.integer(15));
    intervals.bind(one.id);
    while (intervals.step())
      one.intervals.push_back({intervals.text(0), intervals.time(1), intervals.time(2), intervals.time(3),
                               intervals.integer(4) != 0});
    intervals.run();
    reports.bind(one.id);
    while (reports.step())
      one.reports.push_back({static_cast<int>(reports.integer(0)),
                             reports.text(1),
                             {reports.text(2), lines_of(reports.text(3))}});
    reports.run();
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<StoredCase> RunHistory::cases(const std::string& name_pattern, const std::string& run_pattern) {
  Statement found = db_.prepare(
      fmt::format("SELECT {} FROM cases c JOIN runs r ON c.run = r.id WHERE c.name GLOB ? AND r.id GLOB ? "
                  "ORDER BY r.started_ns, c.id",
                  kCaseColumns));
  found.bind(name_pattern).bind(run_pattern);
  return read_cases(found);
}

std::vector<StoredCase> RunHistory::earlier_cases(int64_t before_ns, int most_runs) {
  Statement found = db_.prepare(fmt::format(
      "SELECT {} FROM (SELECT n.id AS id, DENSE_RANK() OVER (PARTITION BY n.name, n.flavour, m.topology "
      "ORDER BY m.started_ns DESC, m.id) AS back FROM cases n JOIN runs m ON n.run = m.id "
      "WHERE m.started_ns < ?) near JOIN cases c ON c.id = near.id JOIN runs r ON c.run = r.id "
      "WHERE near.back <= ? ORDER BY r.started_ns, c.id",
      kCaseColumns));
  found.bind(before_ns).bind(most_runs);
  return read_cases(found);
}

std::vector<SeenReport> RunHistory::reports_before(int64_t before_ns) {
  std::vector<SeenReport> out;
  // SQLite takes the columns beside min() from the row that has it.
  Statement found = db_.prepare(
      "SELECT p.title, p.frames, r.id, r.started, min(r.started_ns) FROM reports p JOIN cases c ON p.case_id "
      "= "
      "c.id JOIN runs r ON c.run = r.id WHERE r.started_ns < ? GROUP BY p.title, p.frames "
      "ORDER BY min(r.started_ns)");
  found.bind(before_ns);
  while (found.step())
    out.push_back({{found.text(0), lines_of(found.text(1))}, found.text(2), found.text(3)});
  return out;
}

}  // namespace o2lab
