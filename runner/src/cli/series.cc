// SPDX-License-Identifier: GPL-2.0-or-later
// o2lab series: every case at every prefix of the patch series.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "cli/options.h"
#include "cli/preflight.h"
#include "cli/selection.h"
#include "cli/series_build.h"
#include "judge/case_worker.h"
#include "judge/expectations.h"
#include "judge/matrix.h"
#include "report/matrix_svg.h"
#include "report/summary_line.h"
#include "report/write.h"

namespace o2lab {

namespace {

/// By this name of the build that holds the modules of all prefixes (kernel-config/lib/prefixes.sh).
std::string build_of(const std::string& flavour) {
  return flavour + "-prefixes";
}

class Series {
 public:
  Series(const Options& options, const StopFd& stop)
      : options_(options), stop_(stop), say_(options.json ? stderr : stdout) {}

  int run();

 private:
  void choose_cases();
  void check_parts(const std::vector<SeriesPart>& parts) const;
  void load(const std::set<std::string>& flavours);
  void run_row(Session& session, const RegisteredCase& one, MatrixRow& row);
  CaseResult run_cell(Session& session, const RegisteredCase& one, const MatrixRow& row, size_t prefix);
  /// Why a cell is not run; empty when it is.
  std::string skip_reason(const Session& session, const MatrixRow& row, size_t prefix) const;
  bool is_edge(const MatrixRow& row, size_t prefix) const;
  std::vector<std::string> write_reports(Session& session) const;
  int verdict(Session& session, const std::vector<std::string>& unwritten) const;

  const Options& options_;
  const StopFd& stop_;
  std::FILE* say_;  ///< with --json nothing but the matrix goes to stdout
  std::vector<RegisteredCase> cases_;
  std::map<std::string, std::vector<ModulePrefix>> prefixes_;  ///< by flavour
  Matrix matrix_;
};

void Series::choose_cases() {
  refuse_unknown(options_.patterns);
  for (const RegisteredCase& one : all_cases())
    if (is_wanted(options_, one)) {
      cases_.push_back(one);
      CaseSpec& spec = cases_.back().spec;
      spec.flavour = flavour_in(spec, options_.session.flavour);
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
    const fs::path dir = options_.session.repository / "build/kernel" / build_of(flavour);
    std::vector<ModulePrefix> prefixes =
        load_prefixes(dir, "run `kernel-config/build.sh --prefixes` with KERNEL=" + flavour);
    if (matrix_.prefixes.empty()) matrix_.prefixes = prefixes;
    if (prefixes.size() != matrix_.prefixes.size())
      fail(ErrorKind::environment, "{}: {} prefixes, the other kernels have {}: was the series changed?",
           dir.native(), prefixes.size(), matrix_.prefixes.size());
    prefixes_[flavour] = std::move(prefixes);
  }
}

bool Series::is_edge(const MatrixRow& row, size_t prefix) const {
  if (prefix + 1 == matrix_.prefixes.size()) return true;
  const bool first = prefix == 0 || wanted(matrix_, row, prefix - 1) == Wanted::nothing;
  return wanted(matrix_, row, prefix) != wanted(matrix_, row, prefix + 1) ||
         (prefix > 0 && wanted(matrix_, row, prefix) != wanted(matrix_, row, prefix - 1)) ||
         (first && row.part.empty());
}

std::string Series::skip_reason(const Session& session, const MatrixRow& row, size_t prefix) const {
  if (!session.broken().empty()) return "the lab broke: " + session.broken();
  if (session.interrupted()) return "interrupted";
  if (wanted(matrix_, row, prefix) == Wanted::nothing)
    return fmt::format("part {} brings what it needs", row.from_part);
  const std::string& part = matrix_.prefixes[prefix].part;
  if (!options_.at.empty() && std::find(options_.at.begin(), options_.at.end(), part) == options_.at.end())
    return "not among --at";
  if (options_.edges && !is_edge(row, prefix)) return "left out by --edges";
  return {};
}

CaseResult Series::run_cell(Session& session, const RegisteredCase& one, const MatrixRow& row,
                            size_t prefix) {
  const std::string as = one.spec.name + "/" + matrix_.prefixes[prefix].part;
  if (const std::string reason = skip_reason(session, row, prefix); !reason.empty()) {
    CaseResult result;
    result.suite = one.spec.suite;
    result.name = as;
    result.guards = one.spec.guards;
    result.nodes = one.spec.nodes;
    result.flavour = one.spec.flavour;
    result.verdict = Verdict::skip;
    result.messages.push_back({reason, "", 0});
    result.started = result.ended = Clock::now();
    return result;
  }
  if (options_.fresh) session.end_prefixes();
  RegisteredCase on_build = one;
  on_build.spec.flavour = build_of(one.spec.flavour);
  CaseResult result = session.run_on_prefix(on_build, prefixes_.at(one.spec.flavour).at(prefix), as);
  result.flavour = one.spec.flavour;
  return result;
}

void Series::run_row(Session& session, const RegisteredCase& one, MatrixRow& row) {
  for (size_t i = 0; i < matrix_.prefixes.size(); ++i) {
    const CaseResult result = run_cell(session, one, row, i);
    row.cells[i] = cell_of(result);
    session.add(judged(matrix_, row, i, result));
    if (result.verdict == Verdict::skip) continue;
    const std::string wrong = problem(matrix_, row, i);
    fmt::print(say_, "[{:>6}] {:<4} {:>8}  {}{}\n", matrix_.prefixes[i].part, name_of(row.cells[i].state),
               human(result.duration()), row.name,
               !wrong.empty()                    ? "  WRONG: " + wrong
               : result.verdict != Verdict::pass ? "  red, as it should be before part " + row.part
                                                 : "");
    std::fflush(say_);
    write_case_reports(session.result().cases.back(), session.run_dir());
  }
}

std::vector<std::string> Series::write_reports(Session& session) const {
  std::vector<std::string> wrong;
  try {
    write_file(session.run_dir() / "matrix.json", matrix_json(matrix_).dump(2) + "\n");
    write_run_reports(session.result(), session.events().since(0, [](const Event&) { return true; }),
                      session.run_dir(), matrix_html(matrix_));
  } catch (const Error& error) {
    wrong.emplace_back(error.what());
  }
  if (const std::string why = session.events().write_error(); !why.empty())
    wrong.push_back(fmt::format("{}: not complete: {}", (session.run_dir() / "events.jsonl").native(), why));
  return wrong;
}

int Series::verdict(Session& session, const std::vector<std::string>& unwritten) const {
  for (const std::string& line : unwritten) fmt::print(stderr, "o2lab: {}\n", line);
  if (session.interrupted()) return kInterrupted;
  if (!session.broken().empty()) fmt::print(stderr, "o2lab: {}\n", session.broken());
  if (!session.broken().empty() || !unwritten.empty()) return 3;
  if (!problems(matrix_).empty()) return 1;
  return count(session.result().cases).passed == 0 ? 4 : 0;
}

int Series::run() {
  choose_cases();
  std::set<std::string> flavours;
  for (const RegisteredCase& one : cases_) flavours.insert(one.spec.flavour);
  SeriesBuild build(options_.session.repository, options_.series, stop_);
  check_parts(build.parts());
  require_host(options_.session.results);
  const TimePoint started = Clock::now();
  for (const std::string& flavour : flavours) build.build(flavour, say_);
  load(flavours);
  fmt::print(say_, "o2lab: modules of {} prefixes for {} in {}\n", matrix_.prefixes.size(),
             fmt::join(flavours, ", "), human(Clock::now() - started));

  SessionOptions session_options = options_.session;
  session_options.flavour =
      build_of(flavours.count(options_.session.flavour) > 0 ? options_.session.flavour : *flavours.begin());
  Session session(session_options, stop_);
  fmt::print(say_, "o2lab: {}, kernel {} {}, {}\n", session.run_dir().native(), fmt::join(flavours, " and "),
             session.result().kernel.version, session.result().accel);
  for (const ModulePrefix& prefix : matrix_.prefixes)
    fmt::print(say_, "  {:>6}  {}\n", prefix.part, prefix.title);
  // Here a red case may be what is wanted: GoogleTest's own words for it would mislead.
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  const std::unique_ptr<testing::TestEventListener> printer(
      listeners.Release(listeners.default_result_printer()));
  {
    Expectations expectations(session);
    expectations.listen(true);
    for (const RegisteredCase& one : cases_) {
      MatrixRow row{one.full_name(), one.spec.flavour, one.spec.part, one.spec.from_part, {}};
      row.cells.resize(matrix_.prefixes.size());
      run_row(session, one, row);
      matrix_.rows.push_back(std::move(row));
    }
  }
  session.finish(own_cpu());
  const std::vector<std::string> unwritten = write_reports(session);
  if (options_.json) fmt::print("{}\n", matrix_json(matrix_).dump(2));
  fmt::print(say_, "\n{}run       {}\n{}\n", matrix_text(matrix_),
             (session.run_dir() / "index.html").native(), summary_line(count(session.result().cases)));
  return verdict(session, unwritten);
}

}  // namespace

int run_series(const Options& options, const StopFd& stop) {
  return Series(options, stop).run();
}

}  // namespace o2lab
