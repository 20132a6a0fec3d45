// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "base/fd.h"
#include "base/wait.h"
#include "cluster/builds.h"
#include "cluster/tcp_port.h"
#include "console/clock_pinger.h"
#include "console/kernel_report.h"
#include "console/line_source.h"
#include "console/reader_loop.h"
#include "ssh/keys.h"
#include "ssh/ssh_connection.h"
#include "vm/hypervisor.h"

namespace o2lab {

/// What every node of a lab uses; all of it outlives the nodes.
struct NodeServices {
  EventLog* events = nullptr;
  WaitHub* hub = nullptr;
  Hypervisor* hypervisor = nullptr;
  ReaderLoop* readers = nullptr;
  const RunKeys* keys = nullptr;
};

/// What stays the same over all incarnations of a node.
struct NodePlan {
  int number = 1;
  std::string run_id;
  const KernelBuild* kernel = nullptr;
  const ImageBuild* image = nullptr;
  unsigned memory_mib = 256;
  unsigned vcpus = 1;
  bool watchdog = false;
  Accel accel = Accel::tcg;
  fs::path runtime_dir;       ///< sockets and fw_cfg files
  fs::path power_socket;      ///< of the lab's power switch; empty: the node does not reach it
  fs::path console_log;       ///< all console output of all incarnations
  std::string extra_cmdline;  ///< at the end of the kernel command line
  bool record = true;         ///< false: nobody asks for its clock, which trace events are placed by
  std::vector<Disk> disks;
  uint16_t switch_port = 0;
  uint16_t local_port = 0;
};

/// The files that a saved node is kept in.
struct SavedNode {
  fs::path memory;   ///< empty: the node boots, and nobody will save it
  fs::path devices;  ///< what save() wrote; empty: the node boots with its memory in that file, to be saved
};

/// What QEMU is told of a node by its plan: all but its name and the port of its SSH.
NodeSpec spec_of(const NodePlan& plan);

/// The end of one incarnation.
struct NodeGone {
  int node = 0;
  TimePoint at;
  bool by_host = false;               ///< power_off() did it
  bool by_watchdog = false;           ///< its watchdog fired
  std::vector<KernelReport> reports;  ///< all that the kernel said in this incarnation
  std::string last_line;              ///< last console line
};

/// One node: its QEMU, console, trace stream and SSH, over as many power-ons as it takes. All methods from
/// any thread.
class Node {
 public:
  using GoneListener = std::function<void(const NodeGone&)>;
  using ReportListener = std::function<void(int node, const KernelReport&)>;

  Node(const NodeServices& services, NodePlan plan);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  int number() const { return plan_.number; }
  std::string name() const { return fmt::format("node{}", plan_.number); }
  /// What the hypervisor calls this incarnation: o2lab-RUN-nodeN, from the second on with its number behind.
  std::string domain_name() const;
  /// Set before the first power_on(); called on the reader thread.
  void on_gone(GoneListener listener) { gone_listener_ = std::move(listener); }
  void on_report(ReportListener listener) { report_listener_ = std::move(listener); }

  /// Starts QEMU; does not wait for the guest. The node must be off. Where save() left a node of the same
  /// plan it stands still until wake().
  void power_on(const SavedNode& saved = {});
  /// What it boots from the next time on; it is off. Throws infra when it is not.
  void set_kernel(const KernelBuild& kernel);
  /// Writes down where the node stands, beside the memory it was powered on with; power_off() must be next.
  /// Nobody talks to it any more: every RemoteProcess of it is gone. It was paused before.
  void save(const fs::path& devices);
  /// Lets it run, with the keys and the time of this run; wait_ready() is next.
  void wake();
  /// Ends the connection that commands go over, as a saved node would wait for what comes of it.
  void disconnect();
  /// Waits for the ready line and opens SSH; ends at once when QEMU exits or the kernel panics (Error kernel
  /// with the report).
  void wait_ready(Deadline deadline);
  /// Pulls the plug and waits until QEMU is gone.
  void power_off();
  /// The same, and returns only when the hypervisor says too that this node has no QEMU: then nothing more
  /// can come from it. A node that is off already must be gone as well.
  void fence();
  /// Powered on and not gone.
  bool running() const;
  /// Readable from the moment this incarnation is over.
  const StopFd& gone() const { return *gone_.back(); }
  /// Number of power-ons so far.
  int incarnation() const;
  TimePoint asked_at() const { return asked_at_; }
  TimePoint ready_at() const { return ready_at_; }

  /// A command that must succeed: throws check with node, command, status and stderr otherwise. Returns
  /// stdout.
  std::string sh(const std::string& command, Duration limit = 30s);
  /// A command whose status the caller judges.
  CommandResult run(const std::string& command, Duration limit = 30s);
  /// A long-running command on a connection of its own; `line` is called for each line of its stdout.
  std::unique_ptr<RemoteProcess> start(const std::string& command, RemoteShell::LineCallback line = {});

  /// Ends reports of which nothing came for a while, so that they count.
  void flush_reports();
  /// The hypervisor says that the guest has shut down or reset: it is gone, even if QEMU cannot end because
  /// its disk path hangs.
  void guest_ended(TimePoint at);
  /// The hypervisor says that the guest's watchdog has fired and it stands still: it is gone.
  void watchdog_fired(TimePoint at);

  /// Stands still until resume().
  void suspend();
  void resume();
  /// Ends what keeps a running node from running: suspend(), and a SIGSTOP of its QEMU. Returns whether it
  /// had been suspended.
  bool let_run();

  Domain& domain();
  /// CPU time of all QEMUs of this node so far.
  Duration cpu_time() const;
  uint16_t ssh_port() const { return ssh_port_.number(); }
  /// Bytes written to the console log so far: a position for "only what this case added".
  uint64_t console_position() const;
  std::vector<KernelReport> reports() const;
  const NodePlan& plan() const { return plan_; }

 private:
  NodeSpec spec() const;
  void cut_power();  ///< under power_mutex_
  /// Throws kernel with the report; under mutex_.
  void fail_if_kernel_failed() const;
  void console_line(const StampedLine& line);
  void console_closed(TimePoint at);
  void trace_line(const StampedLine& line);
  /// Stops asking the guest for its clock; what came of it goes into the timeline.
  void end_clock();
  void handle(const KernelReport& report);
  void end(TimePoint at);

  NodeServices services_;
  NodePlan plan_;
  TcpPort ssh_port_;
  GoneListener gone_listener_;
  ReportListener report_listener_;
  std::mutex power_mutex_;  // power_on and power_off one at a time; never taken by a reader
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<StopFd>>
      gone_;  // one an incarnation; kept, as remote processes refer to theirs
  std::unique_ptr<LineSource> console_;
  std::unique_ptr<LineSource> trace_;
  std::shared_ptr<ClockPinger> clock_;  // of this incarnation; asked by the reader loop
  std::unique_ptr<Domain> domain_;
  std::unique_ptr<SshConnection> ssh_;
  std::optional<KernelReportParser> parser_;  // on the reader thread only
  std::vector<KernelReport> reports_;
  std::string last_line_;
  std::atomic<bool> suspended_ = false;
  bool running_ = false;
  bool ready_line_ = false;
  bool by_host_ = false;
  bool by_watchdog_ = false;
  int incarnation_ = 0;
  TimePoint asked_at_, ready_at_;
  Duration past_cpu_ = Duration::zero();
};

}  // namespace o2lab
