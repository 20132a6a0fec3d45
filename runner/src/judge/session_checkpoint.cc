// SPDX-License-Identifier: GPL-2.0-or-later
// The way of a case to its cluster from a checkpoint, and the making of one.
#include <random>

#include "base/paths.h"
#include "cluster/checkpoint_key.h"
#include "judge/session.h"

namespace o2lab {

namespace {

/// Of all checkpoints together; one of three mounted nodes has some 200 MB.
constexpr uint64_t kMostBytes = 16ULL << 30;
constexpr uint64_t kLeastFree = 4ULL << 30;

std::string text_of(const ClusterPlan& plan, const CaseSpec& spec) {
  return fmt::format(
      "{} nodes of {}, {}{}, kernel {}", plan.nodes, plan.topology.name, name_of(spec.ready),
      spec.ready == Ready::booted ? "" : fmt::format(", {} mode", name_of(spec.heartbeat_mode)),
      plan.kernel->flavour);
}

/// The records of a cluster whose way here is nobody's case.
void remove_records(const ClusterPlan& plan) {
  std::error_code ignored;
  fs::remove(plan.log_dir / "network.pcapng", ignored);
  for (int node = 1; node <= plan.nodes; ++node)
    for (int volume = 0; volume < plan.volumes; ++volume)
      fs::remove(plan.log_dir / disk_log_name(node, volume), ignored);
}

}  // namespace

void Session::do_without_checkpoint(const std::string& why) {
  events_->add(0, "lab", "no_checkpoint", {{"why", why}});
  if (std::exchange(told_of_checkpoints_, true)) return;
  fmt::print(stderr, "o2lab: nodes boot, as there is no checkpoint to begin from: {}\n", why);
}

std::optional<CheckpointStore::Found> Session::checkpoint_for(const CaseSpec& spec) {
  // Counters of the gcov kernel would hold the way there in every case.
  if (options_.fresh || spec.fresh || options_.naive_disk || !options_.connect.empty() ||
      flavour_in(spec, options_.flavour) == "gcov")
    return std::nullopt;
  record_.reset();
  oracle_.reset();
  try {
    const nlohmann::json inputs =
        checkpoint_inputs(plan_of(spec, run_dir_), name_of(spec.ready), result_.host.at("hypervisor"));
    if (inputs.is_null()) return std::nullopt;
    const std::string key = checkpoint_key(inputs);
    std::optional<CheckpointStore::Found> found;
    std::optional<CheckpointStore::Making> making;
    hub_.wait(
        "another lab to make checkpoint " + key, Deadline::in(5min),
        [&] {
          found = checkpoints_.find(key);
          if (found) return Seen{true, ""};
          if (auto mine = checkpoints_.begin(key)) making.emplace(std::move(*mine));
          return Seen{making.has_value(), "it is locked"};
        },
        100ms, WaitHub::Ask::polled);
    if (found) return found;
    if (free_bytes(cache_dir()) < kLeastFree)
      fail(ErrorKind::environment, "{}: less than {} GiB free", cache_dir().native(), kLeastFree >> 30);
    make_checkpoint(spec, inputs, std::move(*making));
    making.reset();
    checkpoints_.prune(kMostBytes);
    return checkpoints_.find(key);
  } catch (const std::exception& error) {
    drop_cluster();
    // An interrupted run says so by itself.
    if (!stop_.raised()) do_without_checkpoint(error.what());
    return std::nullopt;
  }
}

void Session::make_checkpoint(const CaseSpec& spec, const nlohmann::json& inputs,
                              CheckpointStore::Making making) {
  const TimePoint begun = Clock::now();
  const size_t position = events_->position();
  ClusterPlan plan = plan_of(spec, making.dir());
  plan.savable_in = making.dir();
  make_cluster(plan);
  prepare(spec);
  const Duration there = Clock::now() - begun;
  for (const Node* node : cluster_->nodes())
    oracle_.expect(node->number(), Cause::host_power, within(30s), Clock::now());
  cluster_->save();
  const nlohmann::json events =
      events_to_replay(events_->since(position, [](const Event& event) { return event.source == "trace"; }));
  drop_cluster();
  remove_records(plan);
  CaseResult seen;
  record_.into(seen);
  if (!seen.kernel_reports.empty() || record_.failed())
    fail(ErrorKind::kernel, "the kernel had something to say on the way there: {}",
         seen.kernel_reports.empty() ? seen.reason() : seen.kernel_reports[0].title);
  making.complete({{"made", wall_time(Clock::now())},
                   {"what", text_of(plan, spec)},
                   {"seconds", to_seconds(there)},
                   {"inputs", inputs},
                   {"events", events}});
  events_->add(0, "lab", "checkpoint_made",
               {{"key", checkpoint_key(inputs)},
                {"what", text_of(plan, spec)},
                {"seconds", to_seconds(Clock::now() - begun)}});
}

std::string Session::bring_up(const CaseSpec& spec, const fs::path& dir,
                              std::optional<CheckpointStore::Found> from) {
  make_cluster(plan_of(spec, dir));
  if (!from) {
    prepare(spec);
    return {};
  }
  const std::string key = from->checkpoint.dir.filename();
  from_checkpoint_ = restore(spec, *from);
  if (from_checkpoint_) return key;
  from.reset();
  checkpoints_.remove(key);
  make_cluster(plan_of(spec, dir));
  prepare(spec);
  return {};
}

bool Session::restore(const CaseSpec& spec, const CheckpointStore::Found& found) {
  record_.set_step("restore the checkpoint");
  const TimePoint begun = Clock::now();
  try {
    cluster_->restore(found.checkpoint);
    publish(spec);
    if (spec.heartbeat_mode == HeartbeatMode::disk &&
        (spec.ready == Ready::heartbeat || spec.ready == Ready::mounted))
      for (int volume = 0; volume < cluster_->plan().volumes; ++volume)
        o2cb_->heartbeat_region(cluster_->node(1), volume);
  } catch (const Error& error) {
    drop_cluster();
    if (stop_.raised()) throw;
    do_without_checkpoint(fmt::format("{}: {}", found.checkpoint.dir.native(), error.what()));
    record_.reset();
    oracle_.reset();
    return false;
  }
  events_->add(0, "lab", "restored",
               {{"checkpoint", found.checkpoint.dir.filename().native()},
                {"seconds", to_seconds(Clock::now() - begun)}});
  return true;
}

void Session::let_beats_drift(const CaseSpec& spec) {
  if (spec.heartbeat_mode != HeartbeatMode::disk || spec.ready == Ready::booted || spec.ready == Ready::o2cb)
    return;
  std::mt19937_64 random(seed_);
  const Duration drift(
      std::uniform_int_distribution<Duration::rep>(0, Topology::heartbeat_period.count())(random));
  events_->add(0, "lab", "beats_drift", {{"seconds", to_seconds(drift)}});
  const TimePoint until = Clock::now() + drift;
  hub_.wait(
      "a part of a heartbeat period to pass", Deadline::in(drift + 10s),
      [&] {
        return Seen{Clock::now() >= until, "it has not"};
      },
      10ms);
}

}  // namespace o2lab
