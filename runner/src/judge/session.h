// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "base/leftovers.h"
#include "base/wait.h"
#include "cluster/builds.h"
#include "cluster/checkpoint.h"
#include "cluster/cluster.h"
#include "cluster/module_swap.h"
#include "cluster/o2cb.h"
#include "cluster/topology.h"
#include "console/reader_loop.h"
#include "fault/schedule.h"
#include "judge/case_bundle.h"
#include "judge/case_record.h"
#include "judge/case_spec.h"
#include "judge/lab_record.h"
#include "judge/result.h"
#include "observe/fence_oracle.h"
#include "observe/sbd_record.h"
#include "ssh/keys.h"
#include "vm/hypervisor.h"

namespace o2lab {

/// What the user chose for a run.
struct SessionOptions {
  fs::path repository;
  std::string flavour = "lab";
  std::string topology;  ///< name or file; empty: what each case asks for
  Accel accel = Accel::automatic;
  std::string connect;  ///< libvirt URI; empty: embedded
  fs::path results;     ///< folder that run directories go into
  std::string command;  ///< what repeats this run
  uint64_t seed = 0;
  std::optional<Schedule> schedule;  ///< for cases that follow one; else each makes its own from the seed
  int shrink = 8;                    ///< a failed schedule is tried smaller that often at most; 0: never
  bool keep = false;                 ///< stay at the first failure
  bool naive_disk = false;           ///< cache=none on the image itself, to see the storage case fail
  bool fresh = false;                ///< nodes boot for every case; no checkpoint is used or made
  bool no_faults = false;            ///< every fault of a case is left out, to see that the case then fails
  std::string run_id;                ///< one lab of that run, which runs several; empty: a run of its own
  int lab = 0;                       ///< its number in that run, from 1
  int bundles = 3;                   ///< failures of the run that leave a bundle, at most
  std::function<void()> on_stay;     ///< told when `keep` holds a failed case
};

/// Name of a new run directory: UTC start and four random hex digits.
std::string new_run_id();

/// One run: everything that its cases share, and the way of one case from declaration to verdict.
class Session {
 public:
  /// Finds builds, probes KVM, makes the run directory. Throws input or environment before anything is
  /// started. `stop` is raised by Ctrl-C and the like; a running wait then ends at once.
  Session(const SessionOptions& options, const StopFd& stop);
  ~Session();

  /// Runs a case, once more when the lab itself failed; never throws. `repetition` counts from 0 how often
  /// the run has had this case before: each has a seed of its own, that of the run and one more each time.
  CaseResult run(const RegisteredCase& wanted, unsigned repetition = 0);
  /// Runs a case with the modules of one prefix in its nodes; never throws. Its kernel is a build with
  /// prefixes.json. Nodes stay up for the next prefix of the same case where nothing was left in them, and
  /// get its modules swapped in; any other call ends them. The result goes by the name `as`.
  CaseResult run_on_prefix(const RegisteredCase& wanted, const ModulePrefix& prefix, const std::string& as,
                           unsigned repetition = 0);
  /// Powers off the nodes that run_on_prefix() keeps.
  void end_prefixes();
  /// A failed expectation of the body that runs (GoogleTest found it).
  void expectation_failed(const std::string& text, const char* file, int line);

  /// The run so far, cases included; for the reports.
  const RunResult& result() const { return result_; }
  void add(CaseResult result) { result_.cases.push_back(std::move(result)); }
  const fs::path& run_dir() const { return run_dir_; }
  EventLog& events() { return *events_; }
  /// Why no further case can run (environment broke, interrupted); empty while all is well.
  const std::string& broken() const { return broken_; }
  bool interrupted() const { return stop_.raised(); }
  /// The last case is over: totals of the run.
  void finish(Duration own_cpu);

  /// A booted cluster outside any case, for `up` and `bench`. Lives as long as the session. `record`: see
  /// ClusterPlan.
  Cluster& boot_by_hand(const CaseSpec& spec, bool record = true);
  /// The same from a checkpoint where there is one or can be.
  Cluster& restore_by_hand(const CaseSpec& spec);
  /// Whether the cluster that is up did.
  bool came_from_checkpoint() const { return from_checkpoint_; }
  /// Powers off the cluster of the last two.
  void end_by_hand() { drop_cluster(); }
  O2cb& by_hand() { return *o2cb_; }
  WaitHub& hub() { return hub_; }
  const KernelBuild& kernel(const std::string& flavour);
  const ImageBuild& image(const std::string& flavour);
  /// By which other terminals name its lab.
  std::string id() const;
  const fs::path& runtime_dir() const { return runtime_dir_; }

 private:
  /// Nothing is up afterwards. The folder that a cluster outside any case leaves its logs in.
  fs::path begin_by_hand();
  CaseResult attempt(const RegisteredCase& wanted, const fs::path& case_dir);
  /// Leaves the schedule of a case in its folder. One that failed is run again with fewer faults, and the
  /// smallest that still fails is left there too and told in `result`.
  void keep_schedule(const RegisteredCase& wanted, const fs::path& case_dir, const Schedule& schedule,
                     CaseResult& result);
  CaseResult attempt_on_prefix(const RegisteredCase& wanted, const ModulePrefix& prefix,
                               const fs::path& case_dir);
  /// The bundle of a case that has failed, with the events `from` to `to`; judge/session_bundle.cc.
  void leave_bundle(const RegisteredCase& wanted, const fs::path& case_dir, size_t from, size_t to,
                    CaseResult& result);
  CaseResult begin(const RegisteredCase& wanted);
  /// Verdict and artefacts, once every report of the case is in.
  void conclude(const CaseSpec& spec, const fs::path& case_dir, const std::map<int, HeartbeatRegion>& regions,
                CaseResult& result);
  /// Brings the running nodes back to no cluster and no modules; false when anything is left in one.
  bool empty_nodes(const CaseSpec& spec);
  void take_logs(const fs::path& case_dir);
  ClusterPlan plan_of(const CaseSpec& spec, const fs::path& log_dir, bool record = true);
  void make_cluster(const ClusterPlan& plan);
  void prepare(const CaseSpec& spec);
  // judge/session_checkpoint.cc
  /// The checkpoint that this case can begin from; made if there is none, which takes as long as bringing the
  /// cluster up. Empty where there can be none: the case must boot its nodes. Never throws.
  std::optional<CheckpointStore::Found> checkpoint_for(const CaseSpec& spec);
  void make_checkpoint(const CaseSpec& spec, const nlohmann::json& inputs, CheckpointStore::Making making);
  /// False when the checkpoint is no good; then the nodes are off again and nothing has happened.
  bool restore(const CaseSpec& spec, const CheckpointStore::Found& found, bool drifts);
  /// Makes the cluster of a case and brings it to where the case begins. Returns the key of the checkpoint
  /// that it came from; empty: its nodes have booted. `drifts`: beats lie apart, and begin, as the seed says.
  std::string bring_up(const CaseSpec& spec, const fs::path& dir, std::optional<CheckpointStore::Found> from,
                       bool drifts);
  void do_without_checkpoint(const std::string& why);
  void run_body(const RegisteredCase& wanted);
  void audit(const CaseSpec& spec);
  /// Of the case that runs.
  std::vector<Event> timeline(const std::function<bool(const Event&)>& wanted) const;
  // judge/session_audit.cc
  void audit_live(const CaseSpec& spec);
  void audit_record(const CaseSpec& spec, const fs::path& case_dir,
                    const std::map<int, HeartbeatRegion>& regions);
  void make_audit(const std::string& name, const std::function<void(AuditResult&)>& look);
  void audit_deaths_heard(AuditResult& result, const CaseSpec& spec, WaitHub& hub, Deadline until);
  void keep_audit(AuditResult result, FailureClass as);
  /// All of those that ask the nodes and fsck that this case has not had.
  void skip_audits(const std::string& why);
  void skip_audit(const std::string& name, const std::string& why);
  // judge/session_late.cc: of a case that has failed, kLateAsking and kLateFsck at most.
  /// Those that ask the nodes, none of which is unmounted. `body`: the nodes were brought up. Returns whether
  /// fsck may follow once they are off; what is not made is skipped with a reason. Never throws.
  bool audit_live_late(const CaseSpec& spec, bool body);
  void audit_fsck_late(const CaseSpec& spec);
  /// Those that the paths of the nodes to the volumes have recorded in `dir`; from any thread.
  std::vector<SbdMessage> sbd_messages_so_far(const fs::path& dir, int nodes, int volumes);
  /// Powers off what still runs, so that every report is complete before the verdict.
  void end_nodes();
  void drop_cluster();
  void record(const Error& error);
  Topology topology_for(const CaseSpec& spec) const;
  /// Lets other terminals reach the nodes (o2lab shell, exec, status).
  void publish(const CaseSpec& spec);
  /// The rest as death_of() takes it.
  void gone(const NodeGone& gone, TimePoint since, const std::function<std::vector<SbdMessage>()>& messages);
  void domain_event(const DomainEvent& event);
  void stay(const CaseSpec& spec);

  SessionOptions options_;
  uint64_t seed_;  ///< of the case that runs
  const StopFd& stop_;
  RunResult result_;
  fs::path run_dir_, runtime_dir_;
  std::unique_ptr<LeftoverRecord> leftovers_;
  std::unique_ptr<EventLog> events_;
  WaitHub hub_;
  FenceOracle oracle_;
  CaseRecord record_;
  std::vector<WaitHub::Guard> interrupts_;
  Accel accel_ = Accel::tcg;
  std::vector<std::unique_ptr<ImageBuild>> images_;
  std::vector<std::unique_ptr<KernelBuild>> kernels_;
  RunKeys keys_;
  std::unique_ptr<ReaderLoop> readers_;
  std::unique_ptr<Hypervisor> hypervisor_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<O2cb> o2cb_;
  std::unique_ptr<PublishedLab> published_;
  std::unique_ptr<CaseBundle> bundle_;
  std::mutex domains_mutex_;
  std::vector<Node*> domains_;  ///< nodes of the cluster that is up, for events of the hypervisor
  Duration qemu_cpu_ = Duration::zero();
  CheckpointStore checkpoints_;
  bool from_checkpoint_ = false;      ///< the cluster that is up
  bool told_of_checkpoints_ = false;  ///< that one could not be had
  std::string broken_;
  size_t case_begun_ = 0;  ///< position in events_
  // Of run_on_prefix(): what the nodes that are kept run and where their logs go.
  std::string kept_case_;
  const ModulePrefix* prefix_ = nullptr;
  fs::path kept_dir_;
  std::map<fs::path, uintmax_t> taken_;  ///< bytes of each log that an earlier prefix had
};

}  // namespace o2lab
