// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace o2lab {

/// A fault that must cost exactly the node it hits.
enum class Blow {
  power_cut,  ///< the host ends its QEMU
  crash,      ///< it panics by sysrq
  disk_hang,  ///< its path to every volume hangs until it fences itself
  isolation,  ///< no frame between it and the others until it fences itself
};

/// A fault that must cost nobody: well under every timeout.
enum class Nuisance {
  slow_disk,    ///< each request of the node waits
  late_frames,  ///< frames from the node wait, with jitter
  lost_frames,  ///< some frames from the node are lost, doubled or change places
  short_pause,  ///< the node stands still for a moment
  clock_step,   ///< its wall clock jumps
};

const char* name_of(Blow blow);
const char* name_of(Nuisance nuisance);

/// What happens between one steady state of the cluster and the next.
struct ScheduleRound {
  struct Trouble {
    Nuisance what = Nuisance::slow_disk;
    int node = 0;
    bool operator==(const Trouble&) const = default;
  };
  Duration lead = Duration::zero();  ///< from the nuisances to the blow, or to the end of a round without one
  std::vector<Trouble> troubles;     ///< all last until the round is over
  std::optional<Blow> blow;
  int victim = 0;  ///< whom the blow hits; 0 without one
  bool operator==(const ScheduleRound&) const = default;
};

/// A random course of faults that the cluster must survive: at most one node is lost at a time, and it is
/// back before the next round. The same seed, nodes and rounds make the same schedule on every machine.
struct Schedule {
  uint64_t seed = 0;
  int nodes = 0;
  std::vector<ScheduleRound> rounds;
  bool operator==(const Schedule&) const = default;
};

/// `nodes` from 2, `rounds` from 1; at least one blow is in it. With two nodes the victim of an isolation is
/// node 2, as quorum has it (o2quo_make_decision, fs/ocfs2/cluster/quorum.c).
Schedule make_schedule(uint64_t seed, int nodes, int rounds);

/// One line a round, for people.
std::string describe(const ScheduleRound& round);

nlohmann::json to_json(const Schedule& schedule);
/// Throws input naming the field that is missing or out of range.
Schedule schedule_from_json(const nlohmann::json& json);

/// The smallest schedule found that still fails: leaves out rounds (halves first), then nuisances, then
/// blows. `fails` is asked at most `budget` times; a schedule that it says passes is not gone on from.
Schedule shrink(Schedule failing, int budget, const std::function<bool(const Schedule&)>& fails);

}  // namespace o2lab
