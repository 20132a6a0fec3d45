// SPDX-License-Identifier: GPL-2.0-or-later
// o2lab bisect: which patch of a series brought a failure, or cured it.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "cli/bisect_line.h"
#include "cli/bisect_record.h"
#include "cli/preflight.h"
#include "cli/run.h"
#include "cli/selection.h"
#include "judge/case_worker.h"
#include "judge/expectations.h"
#include "judge/place_search.h"

namespace o2lab {

namespace {

constexpr int kCannotTell = 125;  ///< as git bisect run has it

const RegisteredCase& the_case(const std::string& name) {
  const RegisteredCase* out = nullptr;
  for (const RegisteredCase& one : all_cases()) {
    if (!pattern_matches(name, one.full_name())) continue;
    if (out != nullptr)
      fail(ErrorKind::input, "{}: more than one case has such a name: a bisection is of one", name);
    out = &one;
  }
  if (out == nullptr) fail(ErrorKind::input, "{}: no case has such a name: see o2lab list", name);
  return *out;
}

/// The search knows steps from the end that passes to the end that fails; the line counts patches.
class Bisection {
 public:
  Bisection(const Options& options, const StopFd& stop);
  int run();

 private:
  void ask();
  void lay_out();
  size_t patches_at(size_t step) const {
    return line_steps_.at(asked().fix ? line_steps_.size() - 1 - step : step);
  }
  std::optional<size_t> step_of(size_t patches) const;
  const BisectAsked& asked() const { return record_->asked(); }
  bool build(size_t step);
  void begin_session(const KernelArm& arm);
  bool trial(size_t step);
  void cannot_tell(size_t step, const std::string& why);
  std::string standing() const;
  std::string answer_text(const PlaceSearch::Answer& answer) const;
  int close(const PlaceSearch::Answer& answer);

  const Options& options_;
  const StopFd& stop_;
  const RegisteredCase* case_ = nullptr;
  fs::path run_dir_;
  std::optional<BisectLine> line_;
  std::optional<BisectRecord> record_;
  std::vector<size_t> line_steps_;  ///< patches applied at each, fewest first
  std::optional<PlaceSearch> search_;
  std::optional<Session> session_;
  std::optional<Expectations> expectations_;
  std::optional<size_t> at_;  ///< the step whose modules the nodes have
  std::map<size_t, int> errors_;
};

Bisection::Bisection(const Options& options, const StopFd& stop) : options_(options), stop_(stop) {
  if (options.bisect.resume.empty() && options.patterns.size() != 1)
    fail(ErrorKind::input, "o2lab bisect CASE: name one case");
}

void Bisection::ask() {
  const BisectOptions& wanted = options_.bisect;
  const std::string run_id = new_run_id();
  run_dir_ = options_.session.results / run_id;
  if (!wanted.resume.empty()) record_ = BisectRecord::read(wanted.resume);
  const std::string series = record_ ? asked().series : options_.series;
  const std::string kernel = record_ ? asked().kernel : options_.session.flavour;
  line_.emplace(options_.session.repository, series, kernel, run_dir_ / "bisect", stop_);
  if (record_) {
    if (asked().key != line_->key())
      fail(ErrorKind::input, "{}: {} has other patches now: begin anew", wanted.resume, series);
    record_->move_to(run_dir_);
  } else {
    BisectAsked asked;
    asked.test = the_case(options_.patterns.front()).full_name();
    asked.kernel = kernel;
    asked.series = line_->series();
    asked.key = line_->key();
    asked.fix = wanted.find == "fix";
    asked.parts_only = wanted.parts_only;
    asked.confidence = wanted.confidence;
    asked.background = wanted.background;
    asked.give_up = wanted.give_up;
    asked.seed = options_.session.seed;
    const auto end = [&](const std::string& name, size_t otherwise) {
      return name.empty() ? otherwise : line_->find(name);
    };
    asked.low = end(asked.fix ? wanted.bad : wanted.good, 0);
    asked.high = end(asked.fix ? wanted.good : wanted.bad, line_->size());
    if (asked.low >= asked.high)
      fail(ErrorKind::input, "{} is not before {}: {}", line_->name(asked.low), line_->name(asked.high),
           asked.fix ? "a fix comes after --bad and up to --good"
                     : "a defect comes after --good and up to --bad");
    record_.emplace(run_dir_, asked);
  }
  case_ = &the_case(asked().test);
  if (!case_->spec.kernels.empty())
    fail(ErrorKind::input, "{}: gives its nodes several kernels, so there is none to bisect", asked().test);
}

void Bisection::lay_out() {
  const std::set<size_t> ends = line_->part_ends();
  for (size_t patches = asked().low; patches <= asked().high; ++patches)
    if (!asked().parts_only || ends.count(patches) > 0 || patches == asked().low || patches == asked().high)
      line_steps_.push_back(patches);
  search_.emplace(PlaceSearch::Options{.last = line_steps_.size() - 1,
                                       .confidence = asked().confidence,
                                       .background = asked().background,
                                       .give_up = asked().give_up});
  for (const BisectTrial& trial : record_->trials())
    if (const auto step = step_of(trial.step); step && (trial.verdict == "pass" || trial.verdict == "fail"))
      search_->saw(*step, trial.verdict == "fail");
  for (const auto& [patches, why] : record_->cannot_tell())
    if (const auto step = step_of(patches)) search_->cannot_tell(*step);
  const std::string& needs = case_->spec.from_part;
  if (needs.empty()) return;
  for (size_t step = 0; step < line_steps_.size(); ++step)
    if (patches_at(step) < line_->end_of(needs) && search_->can_tell(step))
      cannot_tell(step, fmt::format("the case needs part {}", needs));
}

std::optional<size_t> Bisection::step_of(size_t patches) const {
  const auto at = std::find(line_steps_.begin(), line_steps_.end(), patches);
  if (at == line_steps_.end()) return std::nullopt;
  const auto index = static_cast<size_t>(at - line_steps_.begin());
  return asked().fix ? line_steps_.size() - 1 - index : index;
}

void Bisection::cannot_tell(size_t step, const std::string& why) {
  search_->cannot_tell(step);
  record_->cannot_tell(patches_at(step), why);
  record_->log(fmt::format("[    ] {}: cannot tell: {}", line_->name(patches_at(step)), why));
  record_->save();
}

void Bisection::begin_session(const KernelArm& arm) {
  SessionOptions options = options_.session;
  options.run_id = run_dir_.filename().native();
  options.flavour = arm.build;
  options.seed = asked().seed;
  session_.emplace(options, stop_);
  expectations_.emplace(*session_);
}

/// False when it does not build, which says nothing for or against it, or was interrupted.
bool Bisection::build(size_t step) {
  const size_t patches = patches_at(step);
  if (!line_->is_built(patches)) fmt::print("o2lab: building {}\n", line_->name(patches));
  std::fflush(stdout);
  try {
    const KernelArm& arm = line_->build(patches, nullptr);
    if (!session_) begin_session(arm);
    return true;
  } catch (const Error& error) {
    if (stop_.raised()) return false;
    // A series that does not apply is nobody's step.
    if (error.kind() != ErrorKind::environment) throw;
    cannot_tell(step, error.what());
    return false;
  }
}

/// False when the run cannot go on.
bool Bisection::trial(size_t step) {
  constexpr int most_errors = 3;
  const size_t patches = patches_at(step);
  if (at_ != step && session_) session_->end_prefixes();
  at_.reset();
  if (!build(step)) return !stop_.raised();
  at_ = step;
  const KernelArm& arm = line_->build(patches, nullptr);
  const auto number = static_cast<unsigned>(record_->trials().size());
  expectations_->listen(true);
  CaseResult result =
      session_->run_on_prefix(on_build(*case_, arm.build), *arm.prefix,
                              fmt::format("{}/{}.{}", case_->spec.name, patches, number + 1), number);
  expectations_->listen(false);
  result.name = case_->spec.name;
  result.flavour = arm.name;
  session_->add(result);
  write_case(result, run_dir_);
  if (session_->interrupted() && !result.told()) return false;
  record_->add({patches, name_of(result.verdict), result.verdict == Verdict::pass ? "" : result.reason(),
                result.dir, to_seconds(result.duration())});
  if (result.told()) search_->saw(step, result.showed());
  record_->save();
  record_->log(fmt::format("[{:>4}] {:<5} {:>7}  {}  {}", number + 1, name_of(result.verdict),
                           human(result.duration()), line_->name(patches),
                           result.verdict == Verdict::error ? result.reason() : "(" + standing() + ")"));
  if (!session_->broken().empty()) return false;
  errors_[step] = result.told() ? 0 : errors_[step] + 1;
  if (errors_[step] >= most_errors) cannot_tell(step, "no verdict: " + result.reason());
  return true;
}

std::string Bisection::standing() const {
  const PlaceSearch::Answer best = search_->best();
  const PlaceSearch::Tally all = search_->from(0);
  if (best.found != PlaceSearch::Found::place)
    return fmt::format("{} of {} failed", all.failed, all.failed + all.passed);
  const size_t ends[] = {patches_at(best.passes), patches_at(best.fails)};
  return fmt::format("likeliest: {}, {:.0f} %", line_->name(std::max(ends[0], ends[1])),
                     100 * best.confidence);
}

std::string Bisection::answer_text(const PlaceSearch::Answer& answer) const {
  using Found = PlaceSearch::Found;
  const size_t trials = record_->trials().size();
  switch (answer.found) {
    case Found::nothing_yet:
      return fmt::format("not found yet ({}, {} trials)", standing(), trials);
    case Found::cannot_tell:
      return fmt::format("the end that should fail, {}, cannot be tried",
                         line_->name(patches_at(answer.fails)));
    case Found::never_fails:
      return fmt::format("not reproduced: {} passed {} times", line_->name(patches_at(answer.fails)),
                         search_->tally(answer.fails).passed);
    case Found::fails_everywhere:
      return fmt::format("fails all along, from {} on", line_->name(patches_at(answer.fails)));
    case Found::place:
      break;
  }
  const size_t passes = patches_at(answer.passes);
  const size_t fails = patches_at(answer.fails);
  const auto [first, last] = std::minmax(passes, fails);
  FailureRate with, without;
  const PlaceSearch::Tally on = search_->from(answer.fails);
  const PlaceSearch::Tally all = search_->from(0);
  with = {on.failed + on.passed, on.failed};
  without = {all.failed + all.passed - with.ran, all.failed - on.failed};
  std::string what = line_->name(last);
  if (last - first > 1)
    what = fmt::format("one of the {} patches {} to {}", last - first, line_->name(first + 1), what);
  return fmt::format("{} {} it, {:.3g} %: with it {}, without {} of {}; {} trials", what,
                     asked().fix ? "cured" : "brought", std::min(99.9, 100 * answer.confidence),
                     asked().fix ? fmt::format("{} of {} failed", without.failed, without.ran)
                                 : text_of(with, Sampling::outcome),
                     asked().fix ? with.failed : without.failed, asked().fix ? with.ran : without.ran,
                     trials);
}

int Bisection::close(const PlaceSearch::Answer& answer) {
  const std::string text = answer_text(answer);
  record_->log(asked().test + ": " + text);
  if (answer.found != PlaceSearch::Found::nothing_yet) record_->answer(text);
  record_->save();
  if (!session_) return stop_.raised() ? kInterrupted : kCannotTell;
  session_->finish(own_cpu());
  RunResult result = session_->result();
  result.kernel.flavour = asked().kernel;
  result.answers.push_back(asked().test + ": " + text);
  result.statistics["sampling"] = "outcome";
  result.statistics["bisection"] = record_->json();
  const std::vector<Event> events = session_->events().since(0, [](const Event&) { return true; });
  const int code = answer.found == PlaceSearch::Found::place         ? 0
                   : answer.found == PlaceSearch::Found::cannot_tell ? kCannotTell
                                                                     : 1;
  const int out = close_run({result, events, run_dir_, session_->events().write_error(), session_->broken(),
                             session_->interrupted(), code});
  if (answer.found == PlaceSearch::Found::nothing_yet)
    fmt::print(stderr, "o2lab: to go on: o2lab bisect --resume {}\n", run_dir_.native());
  return out;
}

int Bisection::run() {
  require_host(options_.session.results);
  ask();
  fs::create_directories(run_dir_);
  lay_out();
  record_->log(fmt::format("{}: {} in {} to {}, {:.4g} % sure; {}", asked().test,
                           asked().fix ? "fix" : "defect", line_->name(asked().low),
                           line_->name(asked().high), 100 * asked().confidence, run_dir_.native()));
  record_->save();
  const std::set<size_t> ends = line_->part_ends();
  // A step that is there costs a trial; another one a build, and patches within a part may not build by
  // themselves.
  const auto cost = [&](size_t step) {
    const size_t patches = patches_at(step);
    return line_->is_built(patches) ? (at_ == step ? 1 : 1.2) : ends.count(patches) > 0 ? 3.0 : 4.0;
  };
  while (const auto step = search_->next(cost))
    if (stop_.raised() || !trial(*step)) break;
  return close(search_->answer());
}

}  // namespace

int run_bisect(const Options& options, const StopFd& stop) {
  return options.bisect.step ? run_bisect_step(options, stop) : Bisection(options, stop).run();
}

}  // namespace o2lab
