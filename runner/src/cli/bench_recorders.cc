// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench_recorders.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "cluster/workload.h"
#include "judge/case_worker.h"

namespace o2lab {

namespace {

constexpr int kVictim = 3;
constexpr int kSurvivor = 2;

CaseSpec configured() {
  CaseSpec spec;
  spec.suite = "bench";
  spec.topology = "three-node";
  spec.ready = Ready::o2cb;
  return spec;
}

/// The number of the last beat of `node`, another one with each.
uint64_t last_beat_of(Cluster& cluster, const HeartbeatRegion& region, int node) {
  for (const HeartbeatBlock& block :
       decode_heartbeat(cluster.disk().read(region.start_byte, region.bytes()), region.block_bytes))
    if (block.slot == node) return block.sequence;
  return 0;
}

}  // namespace

double BenchRecorders::recovery(Cluster& cluster) {
  // The session's own hub would call the kill an unexpected death.
  WaitHub hub;
  const WaitHub::Guard guard = hub.add_interrupt([this]() -> std::optional<Error> {
    if (stop_.raised()) return Error(ErrorKind::infra, "interrupted");
    return std::nullopt;
  });
  Node& victim = cluster.node(kVictim);
  Node& survivor = cluster.node(kSurvivor);
  FileLock held(victim, hub, "/mnt/lock");
  held.wait_granted(60s);
  FileLock wanted(survivor, hub, "/mnt/lock");
  Appender writer(victim, hub, "/mnt/log", 20ms);
  writer.wait_for(20, 60s);
  // Always at the same point of the victim's beat: its last one counts from then on.
  const HeartbeatRegion region = session_.by_hand().heartbeat_region(survivor);
  const uint64_t before = last_beat_of(cluster, region, kVictim);
  hub.wait(
      "a beat of the node to be killed", Deadline::in(30s),
      [&] {
        return Seen{last_beat_of(cluster, region, kVictim) != before, "none"};
      },
      5ms);
  const TimePoint killed = Clock::now();
  victim.power_off();
  const Duration limit = cluster.topology().dead_latest() + 60s;
  wanted.wait_granted(limit);
  Appender resumed(survivor, hub, "/mnt/log-after", 20ms);
  resumed.wait_for(1, limit);
  const double seconds = to_seconds(resumed.first_ack() - killed);
  resumed.stop();
  return seconds;
}

BenchRecorders::Run BenchRecorders::run(bool record) {
  Cluster& cluster = session_.boot_by_hand(configured(), record);
  const auto own = own_cpu();
  const auto paths = cluster.paths_cpu_time();
  const auto qemu = cluster.cpu_time();
  const TimePoint begun = Clock::now();
  session_.by_hand().start_heartbeat_everywhere(cluster.nodes());
  const TimePoint beats = Clock::now();
  session_.by_hand().mount_over_heartbeat(cluster.nodes());
  Run out;
  out.heartbeat = to_seconds(beats - begun);
  out.mount = to_seconds(Clock::now() - beats);
  out.recovery = recovery(cluster);
  out.runner = to_seconds(own_cpu() - own);
  out.paths = to_seconds(cluster.paths_cpu_time() - paths);
  out.qemu = to_seconds(cluster.cpu_time() - qemu);
  return out;
}

std::string BenchRecorders::round() {
  // Which comes first changes from round to round, so that a drift of the machine favours neither.
  const bool with_first = with_.size() % 2 == 0;
  for (const bool record : {with_first, !with_first}) {
    Run done = run(record);
    (record ? with_ : without_).push_back(done);
  }
  const Run& with = with_.back();
  const Run& without = without_.back();
  const double ratio = with.time() / without.time();
  time_.values.push_back(ratio);
  cpu_.values.push_back((with.runner + with.paths - without.runner - without.paths) / with.qemu);
  return fmt::format(
      "heartbeat {:.2f} s with recorders, {:.2f} s without; mount {:.2f} s and {:.2f} s; recovery {:.2f} s "
      "and "
      "{:.2f} s ({:.3f}); CPU of runner {:.2f} s and {:.2f} s, of nbdkit {:.2f} s and {:.2f} s",
      with.heartbeat, without.heartbeat, with.mount, without.mount, with.recovery, without.recovery, ratio,
      with.runner, without.runner, with.paths, without.paths);
}

std::string BenchRecorders::medians() const {
  if (with_.empty()) return "";
  const auto middle = [](const std::vector<Run>& runs, double Run::*what) {
    std::vector<double> values;
    for (const Run& one : runs) values.push_back(one.*what);
    return median(values);
  };
  std::string out = "three nodes from mount to recovery, median s with the recorders (without)\n";
  for (const auto& [name, what] :
       {std::pair{"heartbeat everywhere", &Run::heartbeat}, std::pair{"mount everywhere", &Run::mount},
        std::pair{"kill to a survivor's write", &Run::recovery}, std::pair{"CPU of the runner", &Run::runner},
        std::pair{"CPU of nbdkit", &Run::paths}, std::pair{"CPU of QEMU", &Run::qemu}})
    out += fmt::format("  {:<34} {:>6.3f} ({:.3f})\n", name, middle(with_, what), middle(without_, what));
  return out;
}

}  // namespace o2lab
