// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/leftovers.h"
#include "cluster/checkpoint.h"
#include "cluster/host_power.h"
#include "cluster/node.h"
#include "cluster/topology.h"
#include "disk/disk_path.h"
#include "disk/shared_disk.h"
#include "net/switch.h"

namespace o2lab {

/// What a cluster is made of, beyond what all nodes share.
struct ClusterPlan {
  Topology topology;
  int nodes = 3;  ///< at most topology.nodes
  int volumes = 1;
  const KernelBuild* kernel = nullptr;
  std::map<int, const KernelBuild*> kernels;  ///< of nodes that run another one than `kernel`
  const ImageBuild* image = nullptr;
  Accel accel = Accel::tcg;
  std::string run_id;
  fs::path runtime_dir;       ///< sockets
  fs::path disk_dir;          ///< shared disk images (sparse)
  fs::path log_dir;           ///< nodeN.console, disk-nodeN.log
  std::string extra_cmdline;  ///< at the end of the kernel command line of every node
  /// False: no frame, disk request or trace event is written down, to see what that costs; cases, recorders
  /// and audits need it.
  bool record = true;
  bool savable = false;  ///< nodes keep their memory in disk_dir, for save()
  bool naive_disk =
      false;  ///< QEMU opens the image itself with cache=none: FACTS trap 1, to show that its case can fail
};

/// What this node runs.
const KernelBuild& kernel_of(const ClusterPlan& plan, int node);

/// The plan of one of its nodes, without the ends of its disks and of its cluster port.
NodePlan node_plan(const ClusterPlan& plan, int number);

/// N nodes, their shared disks with a path a node, and the Ethernet between them. Owns everything it starts.
class Cluster {
 public:
  /// Makes disks, paths and ports; nodes are off. `record` learns of every process for the sweep after a
  /// crash; may be null.
  Cluster(const NodeServices& services, ClusterPlan plan, LeftoverRecord* record);
  ~Cluster();

  const ClusterPlan& plan() const { return plan_; }
  const Topology& topology() const { return plan_.topology; }
  int size() const { return plan_.nodes; }
  Node& node(int number);
  std::vector<Node*> nodes();
  /// Nodes that are powered on and have not gone.
  std::vector<Node*> running_nodes();
  SharedDisk& disk(int volume = 0);
  DiskPath& path(int node, int volume = 0);
  Switch& network() { return network_; }
  /// The power switch that guests reach; throws input when the topology has none.
  HostPower& host_power();

  /// Called for each node that has booted, before boot() returns; several at the same time.
  void after_boot(std::function<void(Node&)> work) { after_boot_ = std::move(work); }
  /// Powers on these nodes side by side and waits until all answer SSH.
  void boot(const std::vector<Node*>& nodes);
  /// A node that is off boots what most of the others run (ClusterPlan::kernel) from now on.
  void upgrade(Node& node) { node.set_kernel(*plan_.kernel); }
  /// Powers off a cluster that boot() has brought up savable, leaving in disk_dir what restore() takes: all
  /// of it as of one moment. No fault is on, nobody else talks to a node.
  void save();
  /// Powers on all nodes where save() left a cluster of the same plan, and waits until all answer SSH.
  /// Nothing was written to the disks yet. Afterwards they are as if they had come there in this run, but for
  /// what was recorded on the way. `delays`: how much later than the others a node begins, by number; to them
  /// it was silent for so long.
  void restore(const Checkpoint& from, const std::map<int, Duration>& delays = {});
  /// Ends every fault of a node's path to a volume; what a dead node had under way is lost.
  void release_disk(int node, int volume = 0);
  /// The same for hang() alone, and for what set() returned `rule` for.
  void release_hang(int node, int volume = 0);
  void end_disk_fault(int node, int volume, int rule);
  /// Takes back every disk and network fault, and lets paused nodes run, on all of their CPU. Clocks stay as
  /// they are: the case is over with them.
  void heal();
  /// Time that the nodes of this size may take to boot before it counts as failed.
  Duration boot_limit() const;
  /// CPU time of all QEMUs so far.
  Duration cpu_time() const;
  /// CPU time of what serves the disk paths so far.
  Duration paths_cpu_time() const;

 private:
  Disk connect_disk(int node, int volume);
  /// Heals its disk paths and starts QEMU.
  void power_on(Node& node, const SavedNode& saved = {});
  /// Waits until these answer SSH.
  void wait_ready(const std::vector<Node*>& nodes, Deadline deadline);

  NodeServices services_;
  ClusterPlan plan_;
  LeftoverRecord* record_;
  Switch network_;
  std::vector<std::unique_ptr<SharedDisk>> disks_;
  std::vector<std::vector<std::unique_ptr<DiskPath>>> paths_;  ///< by node, then volume; empty when naive
  std::vector<pid_t> path_pids_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::function<void(Node&)> after_boot_;
  std::unique_ptr<HostPower> host_power_;  ///< last: it switches nodes
};

/// Name of the log of a node's path to a volume, in ClusterPlan::log_dir.
std::string disk_log_name(int node, int volume);

/// Calls `work` for every node at the same time; when some throw, one error names them all (kind of the
/// first).
void on_each(const std::vector<Node*>& nodes, const std::function<void(Node&)>& work);

}  // namespace o2lab
