// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "judge/bench_table.h"
#include "judge/session.h"

namespace o2lab {

/// What the recorders cost: three nodes mount a volume, one is killed, a survivor writes again; with frames,
/// disk requests and trace events written down, and without, in turns.
class BenchRecorders {
 public:
  BenchRecorders(Session& session, const StopFd& stop) : session_(session), stop_(stop) {}

  /// One run of each kind. Returns what it came to, for people.
  std::string round();

  std::vector<BenchFigure> figures() const { return {time_, cpu_}; }
  /// Medians of both kinds, for people; a line a measurement.
  std::string medians() const;

 private:
  /// Seconds.
  struct Run {
    double heartbeat = 0;  ///< from its start on the first node to each connected to each
    double mount = 0;      ///< from there to the last mount
    double recovery = 0;   ///< from the kill to the first write under the lock that the dead node had
    double runner = 0;     ///< CPU of this process, the switch and the recorders in it, over both
    double paths = 0;      ///< the same of nbdkit
    double qemu = 0;       ///< the same of the guests
    double time() const { return heartbeat + mount + recovery; }
  };
  Run run(bool record);
  double recovery(Cluster& cluster);

  Session& session_;
  const StopFd& stop_;
  std::vector<Run> with_, without_;
  BenchFigure time_{.name = "recorders: mount_to_recovery with / without", .goal = 1.05};
  BenchFigure cpu_{.name = "recorders: runner_and_nbdkit_cpu added / qemu_cpu", .goal = 0.05};
};

}  // namespace o2lab
