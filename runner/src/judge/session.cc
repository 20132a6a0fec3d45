// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/session.h"

#include <unistd.h>

#include <algorithm>
#include <random>

#include "base/paths.h"
#include "base/process.h"
#include "cluster/o2cb_script.h"
#include "judge/host_info.h"
#include "judge/stored_case.h"
#include "observe/death.h"
#include "vm/libvirt_hypervisor.h"

namespace o2lab {

namespace {

void make_dir(const fs::path& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) fail(ErrorKind::environment, "{}: cannot be created: {}", dir.native(), error.message());
}

}  // namespace

std::string new_run_id() {
  std::random_device random;
  const std::string stamp = wall_time(Clock::now());  // 2026-11-22T15:50:03.123456Z
  return fmt::format("{}{}{}T{}{}{}Z-{:04x}", stamp.substr(0, 4), stamp.substr(5, 2), stamp.substr(8, 2),
                     stamp.substr(11, 2), stamp.substr(14, 2), stamp.substr(17, 2), random() & 0xffff);
}

Session::Session(const SessionOptions& options, const StopFd& stop)
    : options_(options), seed_(options.seed), stop_(stop), checkpoints_(cache_dir() / "checkpoints") {
  result_.started = Clock::now();
  result_.wall_offset = wall_offset_ns();
  result_.id = options.run_id.empty() ? new_run_id() : options.run_id;
  result_.command = options.command;
  result_.seed = options.seed;
  result_.topology = options.topology.empty() ? kOwnTopology : options.topology;
  if (!options.topology.empty()) result_.topology_values = find_topology(options.topology);
  // Everything that can be wrong with the input is found before anything is started or written.
  const KernelBuild& build = kernel(options.flavour);
  const ImageBuild& default_image = image("default");
  const ResolvedAccel accel = resolve(options.accel);
  accel_ = accel.accel;
  if (!accel.notice.empty() && options.lab <= 1) fmt::print(stderr, "o2lab: {}\n", accel.notice);

  run_dir_ = options.results / result_.id;
  make_dir(run_dir_ / "cases");
  if (options.lab <= 1) {
    std::error_code ignored;
    fs::remove(options.results / "latest", ignored);
    fs::create_directory_symlink(result_.id, options.results / "latest", ignored);
  }
  runtime_dir_ = make_runtime_dir();
  leftovers_ = std::make_unique<LeftoverRecord>(id(), runtime_dir_);
  events_ = std::make_unique<EventLog>(
      run_dir_ / (options.lab == 0 ? "events.jsonl" : fmt::format("events-{}.jsonl", options.lab)));
  bundle_ = std::make_unique<CaseBundle>(run_dir_, options.bundles, *events_);
  events_->add(0, "lab", "run_started", {{"id", result_.id}, {"command", options.command}});

  keys_ = make_run_keys();
  write_file(runtime_dir_ / "ssh_host_key", keys_.host_key, 0600);
  write_file(runtime_dir_ / "authorized_keys", keys_.authorized_keys, 0600);
  write_user_key(keys_, runtime_dir_ / "user_key");
  std::string hosts = "127.0.0.1 localhost\n";
  for (int node = 1; node <= 16; ++node)
    hosts += fmt::format("{} node{}\n", o2cb_script::address(node), node);
  write_file(runtime_dir_ / "hosts", hosts);

  readers_ = std::make_unique<ReaderLoop>();
  hypervisor_ = make_libvirt_hypervisor({options.connect, runtime_dir_, {}});
  hypervisor_->on_event([this](const DomainEvent& event) { domain_event(event); });
  result_.host = host_info();
  result_.host["hypervisor"] = hypervisor_->version();
  result_.kernel = kernel_info(build);
  result_.image_hash = default_image.info.value("hash", "");
  result_.accel = name_of(accel_);
  const char* index = std::getenv("GTEST_SHARD_INDEX");
  const char* total = std::getenv("GTEST_TOTAL_SHARDS");
  if (index != nullptr && total != nullptr) result_.shard = {std::atoi(index), std::atoi(total)};

  interrupts_.push_back(hub_.add_interrupt([this]() -> std::optional<Error> {
    if (stop_.raised()) return Error(ErrorKind::infra, "interrupted");
    if (cluster_)
      for (Node* node : cluster_->nodes()) node->flush_reports();
    return record_.interrupt();
  }));
  interrupts_.push_back(hub_.add_interrupt([this]() -> std::optional<Error> {
    if (auto complaint = oracle_.complaint()) return Error(ErrorKind::check, *complaint);
    return std::nullopt;
  }));
}

std::string Session::id() const {
  return options_.lab == 0 ? result_.id : fmt::format("{}-{}", result_.id, options_.lab);
}

Session::~Session() {
  drop_cluster();
  interrupts_.clear();
  hypervisor_.reset();
  readers_.reset();
  leftovers_.reset();
  std::error_code ignored;
  if (!runtime_dir_.empty()) fs::remove_all(runtime_dir_, ignored);
}

const KernelBuild& Session::kernel(const std::string& flavour) {
  for (const auto& known : kernels_)
    if (known->flavour == flavour) return *known;
  kernels_.push_back(std::make_unique<KernelBuild>(load_kernel(options_.repository, flavour)));
  return *kernels_.back();
}

const ImageBuild& Session::image(const std::string& flavour) {
  for (const auto& known : images_)
    if (known->flavour == flavour) return *known;
  images_.push_back(std::make_unique<ImageBuild>(load_image(options_.repository, flavour)));
  return *images_.back();
}

Topology Session::topology_for(const CaseSpec& spec) const {
  Topology topology = find_topology(topology_in(spec, options_.topology));
  topology.fence_method = spec.fence_method;
  topology.heartbeat_mode = spec.heartbeat_mode;
  return topology;
}

ClusterPlan Session::plan_of(const CaseSpec& spec, const fs::path& log_dir, bool record) {
  ClusterPlan plan;
  plan.topology = topology_for(spec);
  plan.nodes = spec.nodes;
  plan.volumes = std::max(spec.volumes, 1);
  plan.kernel = &kernel(flavour_in(spec, options_.flavour));
  for (const auto& [node, flavour] : kernels_in(spec, plan.topology, options_.flavour))
    plan.kernels[node] = &kernel(flavour);
  plan.image = &image(plan.topology.image);
  plan.accel = accel_;
  plan.run_id = result_.id.substr(result_.id.size() - 4) + fmt::format("{:x}", ::getpid());
  plan.runtime_dir = runtime_dir_;
  plan.disk_dir = log_dir;
  plan.log_dir = log_dir;
  plan.naive_disk = options_.naive_disk;
  plan.extra_cmdline = spec.extra_cmdline;
  plan.record = record;
  return plan;
}

void Session::make_cluster(const ClusterPlan& plan) {
  const NodeServices services{events_.get(), &hub_, hypervisor_.get(), readers_.get(), &keys_};
  cluster_ = std::make_unique<Cluster>(services, plan, leftovers_.get());
  o2cb_ = std::make_unique<O2cb>(*cluster_, hub_);
  if (plan.record) cluster_->network().start_capture(plan.log_dir / "network.pcapng");
  std::function<std::vector<SbdMessage>()> messages;
  // sbd runs only where there is a watchdog for it to feed.
  if (plan.record && plan.topology.watchdog)
    messages = [this, dir = plan.log_dir, nodes = plan.nodes, volumes = plan.volumes] {
      return sbd_messages_so_far(dir, nodes, volumes);
    };
  const std::lock_guard lock(domains_mutex_);
  for (Node* node : cluster_->nodes()) {
    node->on_gone(
        [this, node, messages](const NodeGone& gone) { this->gone(gone, node->asked_at(), messages); });
    domains_.push_back(node);
    node->on_report([this](int number, const KernelReport& report) {
      record_.report(number, report);
      hub_.notify();
    });
  }
}

void Session::prepare(const CaseSpec& spec) {
  const std::vector<Node*> nodes = cluster_->nodes();
  record_.set_step("boot");
  std::vector<Node*> off;
  std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(off),
               [](const Node* node) { return !node->running(); });
  cluster_->boot(off);
  publish(spec);
  if (spec.ready == Ready::booted) return;
  record_.set_step("configure o2cb");
  o2cb_->configure(nodes);
  o2cb_->format(*nodes[0]);
  if (spec.ready == Ready::o2cb) return;
  if (spec.ready == Ready::mounted) {
    record_.set_step("mount everywhere");
    o2cb_->mount_everywhere(nodes);
    return;
  }
  record_.set_step("start heartbeat");
  o2cb_->start_heartbeat_everywhere(nodes);
}

void Session::publish(const CaseSpec& spec) {
  LabRecord record;
  record.id = id();
  record.pid = ::getpid();
  record.start_time = start_time_of(record.pid);
  record.started = wall_time(Clock::now());
  record.what = spec.suite == "up" ? "up " + spec.name : "run " + spec.suite + "." + spec.name;
  record.by_hand = spec.suite == "up";
  record.run_dir = run_dir_;
  record.user_key = runtime_dir_ / "user_key";
  record.host_public = keys_.host_public;
  for (const Node* node : cluster_->nodes()) record.nodes.push_back({node->number(), node->ssh_port()});
  published_ = std::make_unique<PublishedLab>(record);
}

fs::path Session::begin_by_hand() {
  drop_cluster();
  record_.reset();
  oracle_.reset();
  const fs::path dir = run_dir_ / "by-hand";
  make_dir(dir);
  return dir;
}

Cluster& Session::boot_by_hand(const CaseSpec& spec, bool record) {
  make_cluster(plan_of(spec, begin_by_hand(), record));
  prepare(spec);
  return *cluster_;
}

Cluster& Session::restore_by_hand(const CaseSpec& spec) {
  drop_cluster();
  std::optional<CheckpointStore::Found> from = checkpoint_for(spec);
  bring_up(spec, begin_by_hand(), std::move(from), false);
  return *cluster_;
}

void Session::gone(const NodeGone& gone, TimePoint since,
                   const std::function<std::vector<SbdMessage>()>& messages) {
  const Death death = messages ? death_of(gone, since, messages) : death_of(gone);
  oracle_.death(death);
  events_->add(Event{
      death.at, death.node, "judge", "death", {{"cause", name_of(death.cause)}, {"detail", death.detail}}});
  hub_.notify();
}

void Session::domain_event(const DomainEvent& event) {
  const std::lock_guard lock(domains_mutex_);
  const auto found = std::find_if(domains_.begin(), domains_.end(),
                                  [&](const Node* node) { return node->domain_name() == event.domain; });
  const int number = found == domains_.end() ? 0 : (*found)->number();
  events_->add(
      Event{event.at,
            number,
            "libvirt",
            name_of(event.what),
            {{"domain", event.domain}, {"reason", name_of(event.reason)}, {"detail", event.detail}}});
  if (number != 0 && event.what == DomainEvent::What::shutdown) (*found)->guest_ended(event.at);
  if (number != 0 && event.what == DomainEvent::What::watchdog) (*found)->watchdog_fired(event.at);
  hub_.notify();
}

void Session::drop_cluster() {
  published_.reset();
  if (!cluster_) return;
  {
    const std::lock_guard lock(domains_mutex_);
    domains_.clear();
  }
  qemu_cpu_ += cluster_->cpu_time();
  from_checkpoint_ = false;
  o2cb_.reset();
  cluster_.reset();
}

void Session::finish(Duration own_cpu) {
  end_prefixes();
  drop_cluster();
  result_.duration = Clock::now() - result_.started;
  result_.host["runner_cpu_s"] = fmt::format("{:.2f}", to_seconds(own_cpu));
  result_.host["qemu_cpu_s"] = fmt::format("{:.2f}", to_seconds(qemu_cpu_));
  events_->add(0, "lab", "run_ended");
}

}  // namespace o2lab
