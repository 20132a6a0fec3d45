// SPDX-License-Identifier: GPL-2.0-or-later
// The way of a case from one prefix of the series to the next, in nodes that go on running.
#include <unistd.h>

#include <algorithm>

#include "cluster/o2cb_script.h"
#include "judge/audit.h"
#include "judge/session.h"

namespace o2lab {

namespace {

/// What /proc/sys/kernel/tainted of a lab kernel reads as long as nothing went wrong: modules of the kernel's
/// own tree taint nothing.
constexpr const char* kUntainted = "0\n";

/// All holes, as at first; the same file, as every path has it open. No node uses it.
void make_new(const SharedDisk& disk) {
  if (::truncate(disk.path().c_str(), 0) != 0 ||
      ::truncate(disk.path().c_str(), static_cast<off_t>(disk.size())) != 0)
    fail_errno(fmt::format("truncate {}", disk.path().native()));
}

/// Lockdep taints nothing, but is off after its first report.
constexpr const char* kIsClean =
    "[ ! -e /proc/lockdep_stats ] || grep -q 'debug_locks: *1' /proc/lockdep_stats || echo lockdep is off; "
    "cat /proc/sys/kernel/tainted";

/// Slabs o2dlm_lockres and o2dlm_lockname are found not empty at rmmod, without a patch as with all: of two
/// nodes that unmount at the same moment one migrates a lock resource to the other, which refuses it as it is
/// leaving ("not joined! lockres"), and dlm_migrate_lockres() then loses it (fs/ocfs2/dlm/dlmmaster.c).
constexpr const char* kLeakOfTheSource = "o2dlm_lock";

}  // namespace

CaseResult Session::run_on_prefix(const RegisteredCase& wanted, const ModulePrefix& prefix,
                                  const std::string& as, unsigned repetition) {
  seed_ = options_.seed + repetition;
  if (kept_case_ != wanted.full_name()) {
    end_prefixes();
    kept_case_ = wanted.full_name();
  }
  const std::string dir = case_dir_name(wanted.spec.suite + "." + as);
  CaseResult result;
  std::vector<std::string> thrown_away;
  for (int attempt_number = 1; attempt_number <= 2; ++attempt_number) {
    const fs::path case_dir = run_dir_ / (attempt_number == 1 ? dir : dir + ".2");
    fs::create_directories(case_dir);
    result = attempt_on_prefix(wanted, prefix, case_dir);
    result.name = as;
    result.dir = fs::relative(case_dir, run_dir_).native();
    result.attempts = attempt_number;
    result.retry_reasons = thrown_away;
    if (result.failure != FailureClass::infra || interrupted() || !broken_.empty()) break;
    thrown_away.push_back(result.reason());
    end_nodes();
    drop_cluster();
  }
  return result;
}

void Session::end_prefixes() {
  if (kept_case_.empty()) return;
  end_nodes();
  drop_cluster();
  kept_case_.clear();
  std::error_code ignored;
  fs::remove_all(kept_dir_, ignored);
}

CaseResult Session::attempt_on_prefix(const RegisteredCase& wanted, const ModulePrefix& prefix,
                                      const fs::path& case_dir) {
  const CaseSpec& spec = wanted.spec;
  CaseResult result = begin(wanted);
  prefix_ = &prefix;
  std::map<int, HeartbeatRegion> regions;
  try {
    result.cluster = in_force(topology_for(spec), spec.nodes);
    const std::vector<Node*> kept = cluster_ ? cluster_->running_nodes() : std::vector<Node*>();
    if (!cluster_) {
      // The recorders write for as long as the nodes live; each prefix takes its stretch of it.
      kept_dir_ = run_dir_ / "cases" / ("nodes." + wanted.full_name());
      taken_.clear();
      fs::create_directories(kept_dir_);
      const ClusterPlan plan = plan_of(spec, kept_dir_);
      if (!plan.kernels.empty())
        fail(ErrorKind::input, "{}: gives nodes kernels of their own, whose modules would be replaced",
             plan.topology.file.native());
      make_cluster(plan);
      // A node that a case boots again must not come back with the modules it was first given.
      cluster_->after_boot([this](Node& node) { swap_modules(node, *prefix_, *events_); });
    }
    o2cb_ = std::make_unique<O2cb>(*cluster_, hub_);
    cluster_->network().start_capture(case_dir / "network.pcapng");
    // What an earlier prefix wrote is no part of this one.
    for (int volume = 0; volume < std::max(spec.volumes, 1); ++volume) make_new(cluster_->disk(volume));
    record_.set_step("swap modules");
    on_each(kept, [&](Node& node) { swap_modules(node, prefix, *events_); });
    prepare(spec);
    if (spec.ready == Ready::booted)
      on_each(cluster_->nodes(), [](Node& node) { node.sh(module_swap_script::unload()); });
    run_body(wanted);
    if (!record_.failed()) {
      record_.set_step("audit");
      cluster_->heal();
      if (spec.ready != Ready::booted && spec.umount) audit_live(spec);
    }
  } catch (const Error& error) {
    record(error);
  } catch (const std::exception& error) {
    record_.fail(FailureClass::infra, error.what());
  }
  if (o2cb_) regions = o2cb_->known_regions();
  const bool reused = empty_nodes(spec);
  if (!reused) end_nodes();
  if (cluster_) cluster_->network().stop_capture();
  try {
    if (!record_.failed() && spec.ready != Ready::booted && spec.umount)
      for (int volume = 0; volume < spec.volumes; ++volume) audit_fsck(cluster_->disk(volume).path());
  } catch (const Error& error) {
    record(error);
  }
  published_.reset();
  take_logs(case_dir);
  conclude(spec, case_dir, regions, result);
  events_->add(0, "lab", reused ? "nodes_kept" : "nodes_ended", {{"part", prefix.part}});
  return result;
}

bool Session::empty_nodes(const CaseSpec& spec) {
  // A kernel that had something to say is no fair ground for the next prefix, and lockdep says it once only.
  CaseResult so_far;
  record_.into(so_far);
  const bool spoilt = record_.was_interrupted() ||
                      (so_far.failure != FailureClass::none && so_far.failure != FailureClass::expectation);
  if (!cluster_ || spoilt || !so_far.kernel_reports.empty() || !spec.umount) return false;
  record_.set_step("empty the nodes");
  // A module must go without a trace. What the source without a patch leaves behind is shown and ends the
  // nodes, but says nothing of the series.
  record_.only_note_reports(prefix_->number == 0 ? "" : kLeakOfTheSource);
  try {
    cluster_->heal();
    const std::vector<Node*> running = cluster_->running_nodes();
    on_each(running, [&](Node& node) {
      node.sh("umount -i -a -t ocfs2", 20s);
      node.sh(o2cb_script::unconfigure(cluster_->topology()), 20s);
      node.sh(module_swap_script::unload(), 20s);
      const std::string tainted = node.sh(kIsClean);
      if (tainted != kUntainted) fail(ErrorKind::check, "{}: tainted: {}", node.name(), tainted);
      node.flush_reports();
    });
    CaseResult now;
    record_.into(now);
    return now.kernel_reports.empty();
  } catch (const Error& error) {
    events_->add(0, "lab", "nodes_not_empty", {{"why", error.what()}});
    return false;
  }
}

void Session::take_logs(const fs::path& case_dir) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(kept_dir_, error)) {
    const fs::path name = entry.path().filename();
    if (name.extension() != ".console" && name.extension() != ".log") continue;
    const std::string all = read_file_or_empty(entry.path());
    uintmax_t& from = taken_[name];
    write_file(case_dir / name, all.substr(std::min<size_t>(from, all.size())));
    from = all.size();
  }
}

}  // namespace o2lab
