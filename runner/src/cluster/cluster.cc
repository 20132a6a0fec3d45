// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/cluster.h"

#include <time.h>

#include "base/error.h"
#include "base/pass_time.h"
#include "disk/nbdkit_disk_path.h"

namespace o2lab {

namespace {

/// Of all threads of `pid` so far; 0 when there is no such process.
Duration cpu_time_of(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return Duration::zero();
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

const KernelBuild& kernel_of(const ClusterPlan& plan, int node) {
  const auto own = plan.kernels.find(node);
  return own == plan.kernels.end() ? *plan.kernel : *own->second;
}

NodePlan node_plan(const ClusterPlan& plan, int number) {
  const KernelBuild& kernel = kernel_of(plan, number);
  NodePlan node;
  node.number = number;
  node.run_id = plan.run_id;
  node.kernel = &kernel;
  node.image = plan.image;
  node.memory_mib = std::max(static_cast<unsigned>(plan.topology.memory >> 20), kernel.least_memory_mib);
  node.vcpus = static_cast<unsigned>(plan.topology.vcpus);
  node.watchdog = plan.topology.watchdog;
  node.accel = plan.accel;
  node.runtime_dir = plan.runtime_dir;
  node.console_log = plan.log_dir / fmt::format("node{}.console", number);
  node.extra_cmdline = plan.extra_cmdline;
  node.record = plan.record;
  if (plan.topology.host_power) node.power_socket = HostPower::socket(plan.runtime_dir, number);
  return node;
}

Cluster::Cluster(const NodeServices& services, ClusterPlan plan, LeftoverRecord* record)
    : services_(services), plan_(std::move(plan)), record_(record), network_(services.events) {
  if (plan_.nodes > plan_.topology.nodes)
    fail(ErrorKind::input, "topology {} has {} nodes, {} are asked for", plan_.topology.name,
         plan_.topology.nodes, plan_.nodes);
  for (int volume = 0; volume < plan_.volumes; ++volume)
    disks_.push_back(std::make_unique<SharedDisk>(plan_.disk_dir / Checkpoint::disk_name(volume),
                                                  plan_.topology.disk_size));
  for (int number = 1; number <= plan_.nodes; ++number) {
    std::vector<Disk> seen;
    paths_.emplace_back();
    for (int volume = 0; volume < plan_.volumes; ++volume) seen.push_back(connect_disk(number, volume));
    const Port port = network_.add_port(number);
    NodePlan node = node_plan(plan_, number);
    node.disks = std::move(seen);
    node.switch_port = port.switch_port;
    node.local_port = port.qemu_port;
    nodes_.push_back(std::make_unique<Node>(services_, std::move(node)));
  }
  if (!plan_.topology.host_power) return;
  host_power_ =
      std::make_unique<HostPower>(*services_.readers, *services_.events, plan_.runtime_dir, plan_.nodes,
                                  PowerActions{[this](int number) { return node(number).running(); },
                                               [this](int number) { node(number).fence(); },
                                               [this](int number) { power_on(node(number)); }});
}

std::string disk_log_name(int node, int volume) {
  return volume == 0 ? fmt::format("disk-node{}.log", node) : fmt::format("disk{}-node{}.log", volume, node);
}

Cluster::~Cluster() {
  host_power_.reset();
  for (const auto& node : nodes_) {
    try {
      node->power_off();
    } catch (const std::exception& error) {
      services_.events->add(node->number(), "lab", "power_off_failed", {{"error", error.what()}});
    }
  }
  nodes_.clear();
}

Disk Cluster::connect_disk(int node, int volume) {
  Disk disk;
  disk.serial = fmt::format("shared{}", volume);
  if (plan_.naive_disk) {
    disk.kind = Disk::Kind::raw_file;
    disk.path = disks_[static_cast<size_t>(volume)]->path();
    return disk;
  }
  NbdkitDiskPath::Options options;
  options.node = node;
  options.disk = volume;
  options.file = disks_[static_cast<size_t>(volume)]->path();
  options.sockets = plan_.runtime_dir;
  if (plan_.record) options.log_file = plan_.log_dir / disk_log_name(node, volume);
  options.messages = plan_.runtime_dir / fmt::format("nbdkit-node{}-{}.err", node, volume);
  auto path = std::make_unique<NbdkitDiskPath>(options, services_.events);
  if (record_ != nullptr) record_->add(path->pid());
  path_pids_.push_back(path->pid());
  disk.path = path->socket();
  paths_.back().push_back(std::move(path));
  return disk;
}

Node& Cluster::node(int number) {
  if (number < 1 || number > plan_.nodes)
    fail(ErrorKind::input, "node {}: this cluster has nodes 1 to {}", number, plan_.nodes);
  return *nodes_[static_cast<size_t>(number - 1)];
}

std::vector<Node*> Cluster::nodes() {
  std::vector<Node*> out;
  for (const auto& node : nodes_) out.push_back(node.get());
  return out;
}

std::vector<Node*> Cluster::running_nodes() {
  std::vector<Node*> out;
  for (const auto& node : nodes_)
    if (node->running()) out.push_back(node.get());
  return out;
}

SharedDisk& Cluster::disk(int volume) {
  return *disks_.at(static_cast<size_t>(volume));
}

DiskPath& Cluster::path(int number, int volume) {
  if (plan_.naive_disk)
    fail(ErrorKind::input, "node {}: a naive disk has no path that a fault could go into", number);
  return *paths_.at(static_cast<size_t>(node(number).number() - 1)).at(static_cast<size_t>(volume));
}

Duration Cluster::boot_limit() const {
  // Measured under TCG on two loaded cores: 1.3 s alone, 0.6 s more for each further node, five times that
  // with KASAN, and more than 80 s for two such nodes at a load of 25.
  bool slow = false;
  for (int node = 1; node <= plan_.nodes; ++node)
    slow = slow || kernel_of(plan_, node).flavour.starts_with("kasan");
  return (60s + 10s * plan_.nodes) * (slow ? 3 : 1);
}

HostPower& Cluster::host_power() {
  if (!host_power_)
    fail(ErrorKind::input, "topology {} has no power switch: it needs node.host_power = true",
         plan_.topology.name);
  return *host_power_;
}

void Cluster::power_on(Node& node, const SavedNode& saved) {
  for (int volume = 0; volume < plan_.volumes && !plan_.naive_disk; ++volume)
    path(node.number(), volume).heal();
  node.power_on(saved);
  if (record_ != nullptr && node.domain().pid() > 0) record_->add(node.domain().pid());
}

void Cluster::boot(const std::vector<Node*>& nodes) {
  const Deadline deadline = Deadline::in(boot_limit());
  on_each(nodes, [&](Node& node) {
    SavedNode files;
    if (plan_.savable) files.memory = Checkpoint{plan_.disk_dir, {}}.node(node.number()).memory;
    power_on(node, files);
  });
  wait_ready(nodes, deadline);
}

void Cluster::wait_ready(const std::vector<Node*>& nodes, Deadline deadline) {
  on_each(nodes, [&](Node& node) {
    node.wait_ready(deadline);
    if (after_boot_) after_boot_(node);
  });
}

void Cluster::save() {
  const std::vector<Node*> all = nodes();
  on_each(all, [](Node& node) { node.disconnect(); });
  // All stand still before the first is written down, and no disk is looked at before the last has waited
  // for what it had under way there.
  on_each(all, [](Node& node) { node.domain().suspend(); });
  on_each(all, [&](Node& node) { node.save(Checkpoint{plan_.disk_dir, {}}.node(node.number()).devices); });
  on_each(all, [](Node& node) { node.power_off(); });
  for (const auto& disk : disks_) disk->keep();
}

void Cluster::restore(const Checkpoint& from, const std::map<int, Duration>& delays) {
  const Deadline deadline = Deadline::in(boot_limit());
  for (size_t volume = 0; volume < disks_.size(); ++volume)
    disks_[volume]->fill_from(from.disk(static_cast<int>(volume)));
  const std::vector<Node*> all = nodes();
  on_each(all, [&](Node& node) { power_on(node, from.node(node.number())); });
  replay_events(from, *services_.events);
  // But for that together: to each the others were away only for as long as these calls lie apart.
  const TimePoint first = Clock::now();
  on_each(all, [&](Node& node) {
    const auto delay = delays.find(node.number());
    if (delay != delays.end()) pass_time(*services_.hub, node.name() + " to wake", first + delay->second);
    node.wake();
  });
  wait_ready(all, deadline);
}

void Cluster::heal() {
  network_.clear_policies();
  for (Node* node : running_nodes())
    if (node->let_run()) services_.events->add(node->number(), "fault", "node_resumed");
  for (int number = 1; number <= plan_.nodes && !plan_.naive_disk; ++number)
    for (int volume = 0; volume < plan_.volumes; ++volume) release_disk(number, volume);
}

// What a dead node had under way is lost, as behind a cut cable; let through it would be a write after its
// fence. The path is as new once the node boots.

void Cluster::release_disk(int number, int volume) {
  DiskPath& held = path(number, volume);
  if (!held.alive()) return;
  if (!node(number).running() && held.faulty())
    held.drop();
  else
    held.heal();
}

void Cluster::release_hang(int number, int volume) {
  DiskPath& held = path(number, volume);
  if (!held.alive() || !held.hung()) return;
  if (!node(number).running()) held.fail_writes(true);
  held.release();
}

void Cluster::end_disk_fault(int number, int volume, int rule) {
  DiskPath& held = path(number, volume);
  if (!held.alive()) return;
  if (!node(number).running()) held.fail_writes(true);
  held.clear(rule);
}

Duration Cluster::cpu_time() const {
  Duration sum = Duration::zero();
  for (const auto& node : nodes_) sum += node->cpu_time();
  return sum;
}

Duration Cluster::paths_cpu_time() const {
  Duration sum = Duration::zero();
  for (const pid_t pid : path_pids_) sum += cpu_time_of(pid);
  return sum;
}

}  // namespace o2lab
