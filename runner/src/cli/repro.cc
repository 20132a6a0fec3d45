// SPDX-License-Identifier: GPL-2.0-or-later
// o2lab repro: a reported bug on the kernel that has it, and on the one that has not.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "cli/kernel_arm.h"
#include "cli/options.h"
#include "cli/preflight.h"
#include "cli/repro_bundle.h"
#include "cli/repro_each.h"
#include "cli/run.h"
#include "cli/series_build.h"
#include "judge/bug_trial.h"
#include "judge/case_pool.h"
#include "judge/case_worker.h"
#include "judge/registered_case.h"
#include "report/text.h"

namespace o2lab {

namespace {

const char* side(bool bad) {
  return bad ? "bad" : "good";
}

std::string link_of(const Bug& bug, const std::string& flavour, bool bad) {
  return fmt::format("{}-bug-{}-{}", flavour, bug.id, side(bad));
}

/// One bug from its kernels to its answer. The labs are processes of their own: there carry() runs, in the
/// one that began them take() counts.
class Repro {
 public:
  Repro(const Options& options, const StopFd& stop, const Bug& bug, bool both);
  /// That of BugTrial; kInterrupted, or 3 when the lab broke.
  int run();
  const BugTrial& trial() const { return trial_; }

 private:
  void build_kernels();
  CaseResult carry(Session& lab, const RegisteredCase& one, unsigned repetition, const JsonLines& lines);
  void take(bool bad, CaseResult result);
  std::vector<std::string> write_reports(CasePool& pool);

  const Options& options_;
  const StopFd& stop_;
  BugTrial trial_;
  std::string flavour_;
  const RegisteredCase* case_ = nullptr;
  fs::path run_dir_;
  std::vector<CaseResult> results_;
};

Repro::Repro(const Options& options, const StopFd& stop, const Bug& bug, bool both)
    : options_(options),
      stop_(stop),
      trial_(bug, both, options.bug_runs),
      flavour_(options.bug_kernel.empty() ? bug.kernels.front() : options.bug_kernel) {
  if (std::find(bug.kernels.begin(), bug.kernels.end(), flavour_) == bug.kernels.end())
    fail(ErrorKind::input, "--kernel {}: {} shows on {}, says {}", flavour_, bug.id,
         fmt::join(bug.kernels, ", "), bug.file.native());
  case_ = find_case(bug.case_name);
}

void Repro::build_kernels() {
  SeriesBuild build(options_.session.repository, "", stop_);
  for (const bool bad : {true, false}) {
    if (!bad && !trial_.both()) continue;
    const BugKernel& kernel = bad ? trial_.bug().bad : trial_.bug().good;
    build.build_modules(flavour_, link_of(trial_.bug(), flavour_, bad), kernel.series_end, kernel.patches,
                        stdout);
  }
}

CaseResult Repro::carry(Session& lab, const RegisteredCase& one, unsigned repetition,
                        const JsonLines& lines) {
  CaseResult last;
  // In turns, so that what the host does meanwhile meets both alike.
  for (const bool bad : {repetition % 2 == 0, repetition % 2 != 0}) {
    if (!trial_.needs(bad) || lab.interrupted() || !lab.broken().empty()) continue;
    last = lab.run(on_build(one, link_of(trial_.bug(), flavour_, bad)), repetition);
    last.name += fmt::format("/{}", side(bad));
    trial_.take(bad, last, run_dir_);  // this process's own count: what it need not run again
    lines.send({{"cell", {{"bad", bad}, {"result", last}}}});
  }
  return last;
}

void Repro::take(bool bad, CaseResult result) {
  const BugTally before = trial_.tally(bad);
  result = trial_.take(bad, std::move(result), run_dir_);
  const BugTally& now = trial_.tally(bad);
  fmt::print("[{:>4}] {:<9} {:>8}  {}\n", side(bad),
             now.shown > before.shown           ? "shows"
             : now.clean > before.clean         ? "clean"
             : now.otherwise > before.otherwise ? "otherwise"
                                                : "lost",
             human(result.duration()), result.messages.empty() ? "" : one_line(result.messages.front().text));
  std::fflush(stdout);
  write_case(result, run_dir_);
  results_.push_back(std::move(result));
}

std::vector<std::string> Repro::write_reports(CasePool& pool) {
  if (trial_.sampling() == Sampling::outcome) pool.result().statistics["sampling"] = "outcome";
  for (CaseResult& result : results_) pool.add(std::move(result));
  const Bug& bug = trial_.bug();
  return write_pool_reports(
      pool, run_dir_,
      fmt::format("<section><h2>{}</h2><p>{}</p><p>{}</p></section>", html(bug.title),
                  html(fmt::format("{}", fmt::join(bug.source, ", "))), html(trial_.verdict())));
}

int Repro::run() {
  const Bug& bug = trial_.bug();
  fmt::print("o2lab: {}: {}\n", bug.id, bug.title);
  for (const std::string& source : bug.source) fmt::print("  {}\n", source);
  std::fflush(stdout);
  build_kernels();
  SessionOptions session = options_.session;
  session.run_id = new_run_id();
  session.flavour = link_of(bug, flavour_, true);
  session.bundles = 1;  // the bug's own kernels are made in seconds
  run_dir_ = session.results / session.run_id;

  CasePool::Options pool_options;
  pool_options.repeat = options_.bug_runs > 0 ? options_.bug_runs : 2 * bug.runs_until_sure();
  pool_options.jobs = std::min(options_.jobs, pool_options.repeat);
  pool_options.answered = [this] { return trial_.answered(); };
  pool_options.expected = [](const RegisteredCase&) { return Duration::zero(); };
  pool_options.lab = [&](int number, int fd) {
    SessionOptions own = session;
    own.lab = number;
    return serve_cases(own, stop_, fd,
                       [this](Session& lab, const RegisteredCase& one, unsigned repetition,
                              const JsonLines& lines) { return carry(lab, one, repetition, lines); });
  };
  pool_options.cell = [&](const RegisteredCase&, const nlohmann::json& cell) {
    take(cell.at("bad").get<bool>(), cell.at("result").get<CaseResult>());
  };
  pool_options.judge = [this](CaseResult& result, unsigned) {
    // Of a lab that died nobody else hears.
    if (result.verdict == Verdict::error && result.full_name() == case_->full_name())
      take(trial_.needs(true), result);
  };
  const int rounds = pool_options.repeat;
  CasePool pool(std::move(pool_options), stop_);
  print_start(run_dir_, pool.result());
  std::fflush(stdout);
  pool.begin({case_});
  for (int round = 0; round < rounds; ++round) {
    pool.await(*case_);
    if (!pool.run(*case_)) break;
  }
  pool.finish();
  pool.result().cases.clear();
  const std::vector<std::string> unwritten = write_reports(pool);
  fmt::print("run   {}\n{}\n", (run_dir_ / "index.html").native(), trial_.verdict());
  std::fflush(stdout);
  for (const std::string& line : unwritten) fmt::print(stderr, "o2lab: {}\n", line);
  if (pool.interrupted()) return kInterrupted;
  if (!pool.broken().empty()) fmt::print(stderr, "o2lab: {}\n", pool.broken());
  if (!pool.broken().empty() || !unwritten.empty()) return 3;
  return trial_.exit_code();
}

int list_bugs(const std::vector<Bug>& bugs) {
  for (const Bug& bug : bugs)
    fmt::print("{}\n  {}\n  on {}: {}; not on {}; about {:.3g} % of runs of {} each, by {}\n", bug.id,
               bug.title, fmt::join(bug.kernels, ", "), bug.bad.what(), bug.good.what(), 100 * bug.rate,
               human(bug.one_run), bug.case_name);
  return 0;
}

std::vector<Bug> wanted_bugs(const Options& options, const std::vector<Bug>& bugs) {
  std::vector<Bug> out;
  for (const std::string& id : options.patterns) {
    const auto found = std::find_if(bugs.begin(), bugs.end(), [&](const Bug& bug) { return bug.id == id; });
    if (found == bugs.end())
      fail(ErrorKind::input, "{}: no such folder in cases/bugs: `o2lab repro` lists them", id);
    out.push_back(*found);
  }
  if (options.all)
    std::copy_if(bugs.begin(), bugs.end(), std::back_inserter(out), [&](const Bug& bug) {
      return options.bug_kernel.empty() ||
             std::find(bug.kernels.begin(), bug.kernels.end(), options.bug_kernel) != bug.kernels.end();
    });
  return out;
}

}  // namespace

int run_repro(const Options& options, const StopFd& stop) {
  if (options.patterns.size() == 1 && is_bundle(options.patterns.front())) {
    Options of_bundle = options;
    of_bundle.repeat = std::max(options.bug_runs, 1);
    return repro_bundle(options.patterns.front(), of_bundle, stop);
  }
  const std::vector<Bug> bugs = all_bugs(options.session.repository);
  if (options.all && !options.patterns.empty())
    fail(ErrorKind::input, "repro: either --all or names, not both");
  const std::vector<Bug> wanted = wanted_bugs(options, bugs);
  if (wanted.empty() && !options.all) return list_bugs(bugs);
  if (wanted.empty())
    fail(ErrorKind::input, "--kernel {}: no bug of cases/bugs shows on it", options.bug_kernel);
  require_host(options.session.results);
  return repro_each(
      wanted,
      [&](const Bug& bug) {
        Repro one(options, stop, bug, options.both || options.all);
        const int code = one.run();
        return ReproAnswer{code, one.trial().verdict()};
      },
      [&] { return stop.raised(); }, stdout);
}

}  // namespace o2lab
