// SPDX-License-Identifier: GPL-2.0-or-later
// o2lab series: every case at every prefix of the patch series.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "cli/last_durations.h"
#include "cli/options.h"
#include "cli/preflight.h"
#include "cli/run.h"
#include "cli/selection.h"
#include "cli/series_build.h"
#include "judge/case_pool.h"
#include "judge/case_worker.h"
#include "judge/matrix.h"
#include "report/matrix_svg.h"
#include "report/summary_line.h"

namespace o2lab {

namespace {

/// The labs are processes of their own, forked once the matrix is laid out: there run_row() runs, in the one
/// that began them take() puts its cells together.
class Series {
 public:
  Series(const Options& options, const StopFd& stop)
      : options_(options), stop_(stop), say_(options.json ? stderr : stdout) {}

  int run();

 private:
  /// A row of the matrix on its way to a verdict.
  struct Row {
    const RegisteredCase* registered = nullptr;
    CaseSpec spec;                    ///< with the flavour that the run chose
    std::vector<CaseResult> results;  ///< of the cells that ran, as tests of the series
  };

  void choose_cases();
  void check_parts(const std::vector<SeriesPart>& parts) const;
  void load(const std::set<std::string>& flavours);
  size_t index_of(const RegisteredCase& one) const;
  /// Why a cell is left out; empty when it is wanted.
  std::string left_out(const MatrixRow& row, size_t prefix) const;
  size_t cells_wanted(const MatrixRow& row) const;
  CaseResult run_row(Session& session, const RegisteredCase& one, const JsonLines& lines) const;
  void take(size_t row, size_t prefix, CaseResult result);
  void close_row(size_t row, const std::optional<CaseResult>& last, const std::string& why_not);
  std::vector<std::string> write_reports(CasePool& pool) const;
  int verdict(CasePool& pool, const std::vector<std::string>& unwritten) const;

  const Options& options_;
  const StopFd& stop_;
  std::FILE* say_;  ///< with --json nothing but the matrix goes to stdout
  fs::path run_dir_;
  std::vector<Row> rows_;                                      ///< as in matrix_
  std::map<std::string, std::vector<ModulePrefix>> prefixes_;  ///< by flavour
  Matrix matrix_;
};

void Series::choose_cases() {
  refuse_unknown(options_.patterns);
  for (const RegisteredCase& one : all_cases()) {
    // A case that says what its nodes run has nothing to say on any other kernel.
    if (!is_wanted(options_, one) || !one.spec.kernels.empty()) continue;
    rows_.push_back({&one, one.spec, {}});
    const std::string flavour = flavour_in(one.spec, options_.session.flavour);
    rows_.back().spec.flavour = flavour;
    matrix_.rows.push_back({one.full_name(), flavour, one.spec.part, one.spec.from_part, {}});
  }
}

void Series::check_parts(const std::vector<SeriesPart>& parts) const {
  std::vector<std::string> names{"none"};
  for (const SeriesPart& part : parts) names.push_back(part.name);
  for (const std::string& at : options_.at)
    if (std::find(names.begin(), names.end(), at) == names.end())
      fail(ErrorKind::input, "--at {}: the series has no such part: use {}", at, fmt::join(names, ", "));
}

void Series::load(const std::set<std::string>& flavours) {
  for (const std::string& flavour : flavours) {
    const fs::path dir = options_.session.repository / "build/kernel" / prefixes_build(flavour);
    std::vector<ModulePrefix> prefixes =
        load_prefixes(dir, "run `kernel-config/build.sh --prefixes` with KERNEL=" + flavour);
    if (matrix_.prefixes.empty()) matrix_.prefixes = prefixes;
    if (prefixes.size() != matrix_.prefixes.size())
      fail(ErrorKind::environment, "{}: {} prefixes, the other kernels have {}: was the series changed?",
           dir.native(), prefixes.size(), matrix_.prefixes.size());
    prefixes_[flavour] = std::move(prefixes);
  }
  for (MatrixRow& row : matrix_.rows) {
    row.cells.resize(matrix_.prefixes.size());
    for (size_t i = 0; i < row.cells.size(); ++i) row.cells[i].reason = left_out(row, i);
  }
}

size_t Series::index_of(const RegisteredCase& one) const {
  const auto found =
      std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.registered == &one; });
  return static_cast<size_t>(found - rows_.begin());
}

std::string Series::left_out(const MatrixRow& row, size_t prefix) const {
  if (wanted(matrix_, row, prefix) == Wanted::nothing)
    return fmt::format("part {} brings what it needs", row.from_part);
  const std::string& part = matrix_.prefixes[prefix].part;
  if (!options_.at.empty() && std::find(options_.at.begin(), options_.at.end(), part) == options_.at.end())
    return "not among --at";
  if (options_.edges && !is_edge(matrix_, row, prefix)) return "left out by --edges";
  return {};
}

size_t Series::cells_wanted(const MatrixRow& row) const {
  size_t n = 0;
  for (size_t i = 0; i < row.cells.size(); ++i) n += left_out(row, i).empty() ? 1 : 0;
  return n;
}

CaseResult Series::run_row(Session& session, const RegisteredCase& one, const JsonLines& lines) const {
  const size_t at = index_of(one);
  const std::string flavour = rows_[at].spec.flavour;
  RegisteredCase on_build = one;
  on_build.spec.flavour = prefixes_build(flavour);
  CaseResult result;
  for (size_t i = 0; i < matrix_.prefixes.size(); ++i) {
    if (!left_out(matrix_.rows[at], i).empty()) continue;
    if (session.interrupted() || !session.broken().empty()) break;
    if (options_.fresh) session.end_prefixes();
    result = session.run_on_prefix(on_build, prefixes_.at(flavour).at(i),
                                   one.spec.name + "/" + matrix_.prefixes[i].part);
    result.flavour = flavour;
    lines.send({{"cell", {{"prefix", i}, {"result", result}}}});
  }
  // The next case has nodes of its own; until then nobody needs these.
  session.end_prefixes();
  result.failure = FailureClass::none;
  result.verdict = Verdict::pass;
  return result;
}

void Series::take(size_t at, size_t prefix, CaseResult result) {
  MatrixRow& row = matrix_.rows[at];
  row.cells[prefix] = cell_of(result);
  const CaseResult test = judged(matrix_, row, prefix, std::move(result));
  const std::string wrong = problem(matrix_, row, prefix);
  const MatrixCell& cell = row.cells[prefix];
  fmt::print(say_, "[{:>6}] {:<4} {:>8}  {}{}\n", matrix_.prefixes[prefix].part, name_of(cell.state),
             human(cell.took), row.name,
             !wrong.empty()                          ? "  WRONG: " + wrong
             : cell.state == MatrixCell::State::skip ? "  " + cell.reason
             : cell.state == MatrixCell::State::fail ? "  red, as it should be before part " + row.part
                                                     : "");
  std::fflush(say_);
  write_case(test, run_dir_);
  rows_[at].results.push_back(test);
}

/// What the lab has not sent will not come.
void Series::close_row(size_t at, const std::optional<CaseResult>& last, const std::string& why_not) {
  MatrixRow& row = matrix_.rows[at];
  bool lost = last && last->verdict == Verdict::error;
  if (lost) rows_[at].results.push_back(*last);
  for (MatrixCell& cell : row.cells) {
    if (!cell.reason.empty() || cell.state == MatrixCell::State::pass) continue;
    cell.reason = last && last->verdict == Verdict::error ? last->reason() : why_not;
    // The first one is where its process ended; those after it did not begin.
    if (lost) cell.state = MatrixCell::State::fail;
    if (lost) cell.judged = false;
    lost = false;
  }
}

std::vector<std::string> Series::write_reports(CasePool& pool) const {
  std::vector<std::string> wrong = write_pool_reports(pool, run_dir_, matrix_html(matrix_));
  try {
    write_file(run_dir_ / "matrix.json", matrix_json(matrix_).dump(2) + "\n");
  } catch (const Error& error) {
    wrong.emplace_back(error.what());
  }
  return wrong;
}

int Series::verdict(CasePool& pool, const std::vector<std::string>& unwritten) const {
  for (const std::string& line : unwritten) fmt::print(stderr, "o2lab: {}\n", line);
  if (pool.interrupted()) return kInterrupted;
  if (!pool.broken().empty()) fmt::print(stderr, "o2lab: {}\n", pool.broken());
  if (!pool.broken().empty() || !unwritten.empty()) return 3;
  const Counts counts = count(pool.result().cases);
  if (!problems(matrix_).empty() || counts.failed > 0) return 1;
  return counts.passed == 0 ? 4 : 0;
}

int Series::run() {
  choose_cases();
  std::set<std::string> flavours;
  for (const Row& row : rows_) flavours.insert(row.spec.flavour);
  SeriesBuild build(options_.session.repository, options_.series, stop_);
  check_parts(build.parts());
  require_host(options_.session.results);
  const TimePoint started = Clock::now();
  for (const std::string& flavour : flavours) build.build(flavour, say_);
  load(flavours);
  fmt::print(say_, "o2lab: modules of {} prefixes for {} in {}\n", matrix_.prefixes.size(),
             fmt::join(flavours, ", "), human(Clock::now() - started));

  SessionOptions session = options_.session;
  session.run_id = new_run_id();
  session.flavour = prefixes_build(flavours.count(options_.session.flavour) > 0 ? options_.session.flavour
                                                                                : *flavours.begin());
  run_dir_ = session.results / session.run_id;
  CasePool::Options pool_options;
  pool_options.jobs = options_.jobs;
  pool_options.expected = [this, of_one = expected_durations(session.results)](const RegisteredCase& one) {
    return of_one(one) * static_cast<Duration::rep>(cells_wanted(matrix_.rows[index_of(one)]));
  };
  pool_options.lab = [&](int number, int fd) {
    SessionOptions own = session;
    own.lab = number;
    return serve_cases(own, stop_, fd,
                       [this](Session& lab, const RegisteredCase& one, unsigned, const JsonLines& lines) {
                         return run_row(lab, one, lines);
                       });
  };
  pool_options.cell = [&](const RegisteredCase& one, const nlohmann::json& cell) {
    take(index_of(one), cell.at("prefix").get<size_t>(), cell.at("result").get<CaseResult>());
  };
  CasePool pool(std::move(pool_options), stop_);
  fmt::print(say_, "o2lab: {}, kernel {} {}, {}\n", run_dir_.native(), fmt::join(flavours, " and "),
             pool.result().kernel.version, pool.result().accel);
  for (const ModulePrefix& prefix : matrix_.prefixes)
    fmt::print(say_, "  {:>6}  {}\n", prefix.part, prefix.title);
  std::fflush(say_);
  std::vector<const RegisteredCase*> round;
  for (size_t i = 0; i < rows_.size(); ++i)
    if (cells_wanted(matrix_.rows[i]) > 0) round.push_back(rows_[i].registered);
  pool.begin(round);
  for (const RegisteredCase* one : round) {
    pool.await(*one);
    close_row(index_of(*one), pool.run(*one), pool.why_not());
  }
  pool.finish();
  for (Row& row : rows_)
    for (CaseResult& result : row.results) pool.add(std::move(result));
  const std::vector<std::string> unwritten = write_reports(pool);
  if (options_.json) fmt::print("{}\n", matrix_json(matrix_).dump(2));
  fmt::print(say_, "\n{}run       {}\n{}\n", matrix_text(matrix_), (run_dir_ / "index.html").native(),
             summary_line(count(pool.result().cases)));
  return verdict(pool, unwritten);
}

}  // namespace

int run_series(const Options& options, const StopFd& stop) {
  return Series(options, stop).run();
}

}  // namespace o2lab
