// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/ranges.h>

#include <algorithm>

#include "base/paths.h"
#include "judge/artefacts.h"
#include "judge/audit.h"
#include "judge/coverage.h"
#include "judge/lab.h"
#include "judge/lock_state.h"
#include "judge/session.h"

namespace o2lab {

namespace {

FailureClass class_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kernel:
    case ErrorKind::node_gone:
      return FailureClass::kernel;
    case ErrorKind::timeout:
      return FailureClass::timeout;
    case ErrorKind::check:
    case ErrorKind::input:
      return FailureClass::expectation;
    case ErrorKind::environment:
    case ErrorKind::infra:
      return FailureClass::infra;
  }
  return FailureClass::infra;
}

bool is_nearly_full(const fs::path& dir) {
  constexpr uint64_t kLeast = 4 << 20;
  return free_bytes(dir) < kLeast;
}

/// Suite in snake_case: the name of the file of cases/ it stands in.
std::string family_of(const CaseSpec& spec) {
  std::string out;
  for (const char c : spec.suite) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isupper(letter) != 0 && !out.empty()) out += '_';
    out += static_cast<char>(std::tolower(letter));
  }
  return out;
}

}  // namespace

void Session::record(const Error& error) {
  if (stop_.raised()) record_.interrupted();
  // A report or a death has recorded itself; the wait that it ended has nothing to add.
  if (error.kind() == ErrorKind::kernel && record_.failed()) return;
  record_.fail(class_of(error), error.what());
  if (error.kind() == ErrorKind::environment) broken_ = error.what();
}

void Session::expectation_failed(const std::string& text, const char* file, int line) {
  record_.fail(FailureClass::expectation, text, file == nullptr ? "" : file, line);
}

CaseResult Session::run(const RegisteredCase& wanted, unsigned repetition) {
  seed_ = options_.seed + repetition;
  const std::string dir = case_dir_name(wanted.full_name());
  CaseResult result;
  std::vector<std::string> thrown_away;
  fs::path case_dir;
  for (int attempt_number = 1; attempt_number <= 2; ++attempt_number) {
    case_dir = run_dir_ / dir;
    // Made, not looked for: another lab of the run may run the same case.
    for (int repeat = 2; !fs::create_directory(case_dir); ++repeat)
      case_dir = run_dir_ / fmt::format("{}.{}", dir, repeat);
    bundle_->begin(case_dir);
    result = attempt(wanted, case_dir);
    result.dir = fs::relative(case_dir, run_dir_).native();
    result.attempts = attempt_number;
    result.retry_reasons = thrown_away;
    if (result.failure != FailureClass::infra || interrupted() || !broken_.empty()) break;
    thrown_away.push_back(result.reason());
  }
  const size_t begun = case_begun_;
  const size_t ended = events_->position();
  if (const auto schedule = record_.schedule()) keep_schedule(wanted, case_dir, *schedule, result);
  if (result.failed() && !interrupted())
    leave_bundle(wanted, case_dir, begun, ended, result);
  else
    bundle_->drop();
  return result;
}

CaseResult Session::begin(const RegisteredCase& wanted) {
  const CaseSpec& spec = wanted.spec;
  CaseResult result;
  result.suite = spec.suite;
  result.name = spec.name;
  result.family = family_of(spec);
  result.guards = spec.guards;
  result.nodes = spec.nodes;
  result.flavour = flavour_in(spec, options_.flavour);
  result.lab = options_.lab;
  result.seed = seed_;
  result.started = Clock::now();
  record_.reset();
  oracle_.reset();
  case_begun_ = events_->position();
  events_->add(0, "case", "started", {{"case", wanted.full_name()}});
  return result;
}

CaseResult Session::attempt(const RegisteredCase& wanted, const fs::path& case_dir) {
  const CaseSpec& spec = wanted.spec;
  // What it takes to make one is not the time of this case.
  std::optional<CheckpointStore::Found> from = checkpoint_for(spec);
  CaseResult result = begin(wanted);
  bool body = false;
  try {
    result.cluster = in_force(topology_for(spec), spec.nodes);
    result.kernels = kernels_in(spec, topology_for(spec), options_.flavour);
    result.checkpoint = bring_up(spec, case_dir, std::move(from), true);
    body = true;
    run_body(wanted);
    if (!record_.failed()) audit(spec);
  } catch (const Error& error) {
    record(error);
  } catch (const std::exception& error) {
    record_.fail(FailureClass::infra, error.what());
  }
  const bool keeps_state = record_.failed() && cluster_ && !interrupted();
  if (keeps_state) {
    // What is asked of a node may be its end, so its memory comes first.
    bundle_->keep_memory(*cluster_);
    keep_lock_state(*cluster_);
  }
  if (record_.failed() && options_.keep && !interrupted()) stay(spec);
  std::map<int, HeartbeatRegion> regions;
  if (o2cb_) regions = o2cb_->known_regions();
  const bool fsck_follows = record_.failed() && audit_live_late(spec, body);
  end_nodes();
  if (keeps_state) bundle_->keep_volumes(*cluster_);
  if (fsck_follows) audit_fsck_late(spec);
  drop_cluster();
  conclude(spec, case_dir, regions, result);
  return result;
}

void Session::conclude(const CaseSpec& spec, const fs::path& case_dir,
                       const std::map<int, HeartbeatRegion>& regions, CaseResult& result) {
  for (const std::string& wrong : oracle_.verdict()) record_.fail(FailureClass::kernel, wrong);
  audit_record(spec, case_dir, regions);
  for (const std::string& missing : record_.missing_findings())
    record_.fail(FailureClass::expectation, missing);
  for (const std::string& missing : record_.missing_reports())
    record_.fail(FailureClass::expectation, missing);
  result.ended = Clock::now();
  record_.into(result);
  if (result.failure != FailureClass::none && is_nearly_full(run_dir_)) {
    // Everything in a lab fails in its own way once nothing can be written: the verdict is the disk's, not
    // the kernel's.
    broken_ =
        fmt::format("{}: no space is left for the results: free some, or choose another folder by --results",
                    run_dir_.native());
    result.failure = FailureClass::infra;
  }
  result.verdict = record_.was_interrupted()               ? Verdict::skip
                   : result.failure == FailureClass::none  ? Verdict::pass
                   : result.failure == FailureClass::infra ? Verdict::error
                                                           : Verdict::fail;
  events_->add(0, "case", "ended",
               {{"case", spec.suite + "." + spec.name}, {"verdict", name_of(result.verdict)}});
  try {
    collect_artefacts(run_dir_, case_dir, spec.nodes, regions, result);
  } catch (const std::exception& error) {
    result.messages.push_back({fmt::format("artefacts: {}", error.what()), "", 0});
  }
}

void Session::run_body(const RegisteredCase& wanted) {
  Lab lab(wanted.spec, *cluster_, *o2cb_, hub_, *events_, oracle_, record_, options_.no_faults, seed_,
          options_.schedule ? &*options_.schedule : nullptr);
  record_.set_step("");
  events_->add(0, "case", "body");
  wanted.body(lab);
  record_.set_step("");
}

void Session::audit(const CaseSpec& spec) {
  record_.set_step("audit");
  cluster_->heal();
  if (spec.ready == Ready::booted) return skip_audits("the case runs no cluster");
  if (!spec.umount) return skip_audits("the case leaves its nodes as they are");
  audit_live(spec);
  // Its console line does not tell whose memory it is; the audit does.
  record_.only_note_reports("kmemleak: ");
  audit_leaks(*cluster_, hub_);
  end_nodes();
  make_audit("fsck_clean", [&](AuditResult& result) {
    result.looked_at = fmt::format("{} volumes", spec.volumes);
    for (int volume = 0; volume < spec.volumes; ++volume) audit_fsck(cluster_->disk(volume).path());
  });
  record_.set_step("");
}

void Session::end_nodes() {
  if (!cluster_) return;
  try {
    cluster_->heal();
    keep_coverage(*cluster_, cluster_->plan().log_dir);
  } catch (const Error& error) {
    record(error);
  }
  try {
    const std::vector<Node*> running = cluster_->running_nodes();
    // A death that never came has been waited for long enough: the end of the case is not a second one.
    for (const Node* node : running)
      if (!oracle_.awaits(node->number()))
        oracle_.expect(node->number(), Cause::host_power, within(30s), Clock::now());
    on_each(running, [](Node& node) { node.power_off(); });
    cluster_->network().stop_capture();
  } catch (const Error& error) {
    record(error);
  }
}

void Session::stay(const CaseSpec& spec) {
  std::string reach;
  for (const Node* node : cluster_->running_nodes())
    reach += fmt::format("  o2lab shell node{} --lab {}\n", node->number(), id());
  CaseResult so_far;
  record_.into(so_far);
  fmt::print(stderr,
             "\n{}.{} failed and --keep was given: {}\nNodes that still run:\n{}Ctrl-C ends the run.\n",
             spec.suite, spec.name, so_far.reason(), reach.empty() ? "  none\n" : reach);
  if (options_.on_stay) options_.on_stay();
  try {
    hub_.wait(
        "Ctrl-C", Deadline::in(24h * 7),
        [this] {
          return Seen{stop_.raised(), ""};
        },
        200ms);
  } catch (const Error&) {
    // A node that dies while somebody looks at it changes nothing any more.
  }
}

}  // namespace o2lab
