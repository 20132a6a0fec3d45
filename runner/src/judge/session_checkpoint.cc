// SPDX-License-Identifier: GPL-2.0-or-later
// The way of a case to its cluster from a checkpoint, and the making of one.
#include <random>

#include "base/pass_time.h"
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

/// A checkpoint is of one moment, and the same in all that begins from it: how far apart the nodes' beats
/// lie, and how far from the last one a case begins. Cases that always met the same would find less, and
/// measure other times than on nodes that have booted.
struct Drift {
  std::map<int, Duration> of_node;
  Duration of_case{};
};

Drift drift(const Topology& topology, int nodes, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto up_to = [&](Duration most) {
    return Duration(std::uniform_int_distribution<Duration::rep>(0, most.count())(random));
  };
  // Far from where a connection is taken for dead.
  const Duration most =
      std::min<Duration>(Topology::heartbeat_period, (topology.idle_timeout - topology.keepalive_delay) / 2);
  Drift out;
  for (int node = 1; node <= nodes; ++node) out.of_node[node] = up_to(most);
  // Everybody has beaten since the last one woke: who slept longer sees a beat before that later than it may.
  out.of_case = Topology::heartbeat_period + up_to(Topology::heartbeat_period / 2);
  return out;
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
  plan.savable = true;
  const std::string what = text_of(plan, spec);
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
                   {"what", what},
                   {"seconds", to_seconds(there)},
                   {"inputs", inputs},
                   {"events", events}});
  events_->add(
      0, "lab", "checkpoint_made",
      {{"key", checkpoint_key(inputs)}, {"what", what}, {"seconds", to_seconds(Clock::now() - begun)}});
}

std::string Session::bring_up(const CaseSpec& spec, const fs::path& dir,
                              std::optional<CheckpointStore::Found> from, bool drifts) {
  make_cluster(plan_of(spec, dir));
  if (from) {
    const std::string key = from->checkpoint.dir.filename();
    from_checkpoint_ = restore(spec, *from, drifts);
    if (from_checkpoint_) return key;
    from.reset();
    checkpoints_.remove(key);
    make_cluster(plan_of(spec, dir));
  }
  prepare(spec);
  return {};
}

bool Session::restore(const CaseSpec& spec, const CheckpointStore::Found& found, bool drifts) {
  record_.set_step("restore the checkpoint");
  const bool beats = spec.heartbeat_mode == HeartbeatMode::disk &&
                     (spec.ready == Ready::heartbeat || spec.ready == Ready::mounted);
  const Drift by = beats && drifts ? drift(cluster_->topology(), cluster_->size(), seed_) : Drift();
  const TimePoint begun = Clock::now();
  try {
    cluster_->restore(found.checkpoint, by.of_node);
    publish(spec);
    for (int volume = 0; beats && volume < cluster_->plan().volumes; ++volume)
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
  pass_time(hub_, "a part of a heartbeat period to pass", Clock::now() + by.of_case);
  return true;
}

}  // namespace o2lab
