// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "base/wait.h"
#include "cluster/cluster.h"
#include "cluster/config_calls.h"
#include "cluster/heartbeat_block.h"
#include "cluster/o2cb.h"
#include "cluster/probe.h"
#include "cluster/user_region.h"
#include "cluster/workload.h"
#include "fault/disk_fault.h"
#include "judge/case_record.h"
#include "judge/case_spec.h"
#include "observe/fence_oracle.h"
#include "observe/heartbeat_record.h"

namespace o2lab {

class History;
struct HistoryPlan;
class Lab;

/// A death that the case expects; wait() ends with it.
class ExpectedFence {
 public:
  ExpectedFence(Lab* lab, size_t index, std::string interval)
      : lab_(lab), index_(index), interval_(std::move(interval)) {}
  /// Waits for the death, holds it against its window and records the latency. Throws check when it was the
  /// wrong one.
  Death wait();

 private:
  Lab* lab_;
  size_t index_;
  std::string interval_;
};

/// Undoes a fault at the latest when the case is over, failed or not.
class Undo {
 public:
  /// `failed` is told what the destructor may not throw.
  explicit Undo(std::function<void()> undo, std::function<void(const std::exception&)> failed = nullptr)
      : undo_(std::move(undo)), failed_(std::move(failed)) {}
  Undo(Undo&& other) noexcept
      : undo_(std::exchange(other.undo_, nullptr)), failed_(std::exchange(other.failed_, nullptr)) {}
  Undo& operator=(Undo&&) = delete;
  ~Undo();
  void now();

 private:
  std::function<void()> undo_;
  std::function<void(const std::exception&)> failed_;
};

/// What the body of a case talks to. Node numbers start at 1.
class Lab {
 public:
  Lab(const CaseSpec& spec, Cluster& cluster, O2cb& o2cb, WaitHub& hub, EventLog& events, FenceOracle& oracle,
      CaseRecord& record, bool no_faults = false, uint64_t seed = 0, const Schedule* replayed = nullptr);

  const CaseSpec& spec() const { return spec_; }
  const Topology& topology() const { return cluster_.topology(); }
  Cluster& cluster() { return cluster_; }
  O2cb& o2cb() { return o2cb_; }
  WaitHub& hub() { return hub_; }
  EventLog& events() { return events_; }
  /// Of the run (`--seed`): for whatever a case does at random.
  uint64_t seed() const { return seed_; }
  /// A random course of faults by the seed, or the one that `--schedule` asks to repeat.
  Schedule make_schedule(int rounds);
  FenceOracle& oracle() { return oracle_; }
  CaseRecord& record() { return record_; }

  Node& node(int number) { return cluster_.node(number); }
  std::vector<Node*> nodes() { return cluster_.nodes(); }
  std::vector<Node*> nodes(const NodeSet& numbers);
  /// Nodes that still run.
  std::vector<Node*> survivors() { return cluster_.running_nodes(); }
  NodeSet numbers_of(const std::vector<Node*>& nodes) const;

  /// Single calls on the configfs and sysfs of a node, with errno and node events.
  ConfigCalls calls(Node& node) { return ConfigCalls(node, hub_, events_); }
  /// A region of user mode; made and linked by whoever asks for it.
  UserRegion region(Node& node, const std::string& name) {
    return UserRegion(calls(node), cluster_.topology(), name);
  }

  /// What only code inside the kernel of `node` can ask: loads a module that stays as long as the object.
  Probe probe(Node& node) { return Probe(node); }
  /// Configures nodes `first` to `last` on `on`; nobody runs on them.
  void add_nodes(Node& on, int first, int last);

  /// Names what comes next, in the timeline and in the failure message of whatever goes wrong in it.
  void step(const std::string& text);

  /// From now on exactly one death of this node by this cause is right.
  [[nodiscard]] ExpectedFence expect_fence(Node& node, Cause cause, Window window);
  /// From now on exactly one of these nodes must die by this cause, and no other.
  [[nodiscard]] ExpectedFence expect_fence_of_one(const NodeSet& nodes, Cause cause, Window window);

  /// Cuts the power. Returns when QEMU is gone; the time is that of the cut.
  TimePoint kill(Node& node);
  /// The same for several at once.
  TimePoint kill(const std::vector<Node*>& nodes);
  /// Powers a node on again, configures o2cb and waits for SSH.
  void restart(Node& node);
  /// The same with the kernel of the case, whatever KernelOf() gave the node.
  void restart_upgraded(Node& node);

  /// Requests of this node to the volume hang until the guard is gone.
  [[nodiscard]] Undo hang_disk(Node& node, int volume = 0);
  /// This fault of the node's way to a volume, or of several nodes', until the guard is gone; faults of one
  /// path add up. What a node that has died had under way is lost.
  [[nodiscard]] Undo fault_disk(Node& node, const DiskFault& fault) {
    return fault_disk(std::vector<Node*>{&node}, fault);
  }
  [[nodiscard]] Undo fault_disk(const std::vector<Node*>& nodes, const DiskFault& fault);
  /// No frame between `one` and `other`, in both directions.
  [[nodiscard]] Undo cut(const NodeSet& one, const NodeSet& other);
  /// No frame from `from` to `to`; the other direction works.
  [[nodiscard]] Undo cut_one_way(const NodeSet& from, const NodeSet& to);
  /// Until the guard is gone TCP segments from `from` to `to` arrive as resets: `to` drops its connections
  /// with the next one, `from` with what it sends once the guard is gone.
  [[nodiscard]] Undo reset_connections(int from, int to);
  /// What `policy` says happens to every frame from `from` to `to`, one way. A link has one policy at a time:
  /// a later fault takes the place of an earlier one on it, and the end of either leaves it without any.
  [[nodiscard]] Undo degrade(const NodeSet& from, const NodeSet& to, const LinkPolicy& policy);
  /// The same in both directions.
  [[nodiscard]] Undo degrade_both_ways(const NodeSet& one, const NodeSet& other, const LinkPolicy& policy);
  /// The same for single directions, each {from, to}.
  [[nodiscard]] Undo degrade_links(const std::vector<std::pair<int, int>>& links, const LinkPolicy& policy) {
    return set_links(links, policy);
  }

  // Faults of a node as a whole; what each does: fault/node_fault.h. A death that comes of one must be
  // expected first.
  /// Stands still until the guard is gone.
  [[nodiscard]] Undo pause(Node& node);
  /// Its CPU runs for `percent` of the time, in turns of 100 ms, until the guard is gone.
  [[nodiscard]] Undo slow_cpu(Node& node, int percent);
  /// Its wall clock is off by `by`, and back when the guard is gone.
  [[nodiscard]] Undo step_clock(Node& node, std::chrono::seconds by);
  /// Its clocks go `percent` (-10 to 10) faster until the guard is gone.
  [[nodiscard]] Undo drift_clock(Node& node, int percent);
  /// These three return when it has ended; expect Cause::panic, guest_power_off, guest_reboot.
  void crash(Node& node);
  void power_down(Node& node);
  void reboot(Node& node);
  /// Expect Cause::panic.
  void inject_nmi(Node& node);
  /// The reset button: power cut, and on again at once; configured when it returns. The death counts as
  /// expected.
  TimePoint reset(Node& node);

  /// A predicate with a deadline; asked again when anything happens, and every 100 ms.
  void wait_until(const std::string& what, Duration limit, const WaitHub::Predicate& predicate);
  /// Waits for an event of the timeline that was added after `position`; returns it.
  Event wait_event(const std::string& what, size_t position, Duration limit,
                   const std::function<bool(const Event&)>& wanted);
  /// Lets time pass in which nothing may go wrong (no node dies, no kernel report); says why in the timeline.
  void let_pass(const std::string& why, Duration time);

  /// Records a measured interval and fails the case when it is outside its window.
  void interval(const std::string& name, Duration measured, Window window);

  /// A kernel report of this kind whose title contains `text` is part of the case and fails nothing.
  void expect_report(ReportKind kind, const std::string& text);

  /// The audit of this name (verdict.json lists them) must find something that contains `text`: the case is
  /// about just that.
  void expect_audit(const std::string& name, const std::string& text);

  /// Where the volume's heartbeat region lies, as configfs tells.
  HeartbeatRegion heartbeat_region(int volume = 0) {
    return o2cb_.heartbeat_region(*survivors().at(0), volume);
  }
  /// The region as it is on disk now, read from the host.
  std::vector<HeartbeatBlock> read_heartbeat(const HeartbeatRegion& region, int volume = 0);
  /// Host time of the last finished heartbeat write of `node` before `before`.
  std::optional<TimePoint> last_heartbeat_write(Node& node, const HeartbeatRegion& region, TimePoint before,
                                                int volume = 0);
  /// All heartbeat writes of `node` so far.
  std::vector<HeartbeatWrite> heartbeat_writes_of(Node& node, int volume = 0);

  /// Waits for the trace event by which `observer` tells that `node` went "up" or "down" for it as a whole
  /// (o2hb_node_event).
  Event wait_node_event(int observer, int node, const std::string& what, size_t position, Duration limit);

  /// Fails the case unless every record that `writer` has had acknowledged is there, whole and once, as
  /// `reader` sees it.
  void check_appended(Node& reader, const Appender& writer);
  /// An exclusive lock that `node` asks for, and keeps until the object goes.
  std::unique_ptr<FileLock> lock(Node& node, const std::string& file);
  /// Waits for a heartbeat write of `node` that begins after now. The kernel arms its write timeout only in
  /// the first beat after the region is steady (o2hb_arm_timeout, fs/ocfs2/cluster/heartbeat.c): a disk that
  /// hangs before it is never noticed.
  void wait_heartbeat_write(Node& node, int volume = 0);

  /// A writer on `node` that appends numbered records to `file`, each fsynced before it is acknowledged.
  std::unique_ptr<Appender> append(Node& node, const std::string& file, Duration pause = 20ms);

  /// Threads on these nodes that write to a volume in several ways, every operation recorded on the host
  /// (cluster/history.h); runs until stop() or the end of the object.
  std::unique_ptr<History> history(const NodeSet& nodes, const HistoryPlan& plan);
  /// Fails the case for each violation in what `history` recorded and what each of `readers` reads now.
  void check_history(History& history, const std::vector<Node*>& readers);

 private:
  /// What it cannot undo fails the case, unless the node that it was for has gone.
  Undo undoing(std::function<void()> undo);
  Undo set_links(const std::vector<std::pair<int, int>>& links, const LinkPolicy& policy);

  const CaseSpec& spec_;
  Cluster& cluster_;
  O2cb& o2cb_;
  WaitHub& hub_;
  EventLog& events_;
  FenceOracle& oracle_;
  CaseRecord& record_;
  const bool no_faults_;
  const uint64_t seed_;
  const Schedule* const replayed_;
};

}  // namespace o2lab
