// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "judge/bench_table.h"
#include "judge/session.h"

namespace o2lab {

/// What sixteen nodes cost beside one: time to boot, and memory of the host.
class BenchScale {
 public:
  explicit BenchScale(Session& session) : session_(session) {}

  /// Returns what it came to, for people.
  std::string round();
  std::vector<BenchFigure> figures() const { return {time_, memory_}; }

 private:
  /// So many nodes, and the seconds until all of them answered.
  std::pair<Cluster&, double> boot(int nodes);

  Session& session_;
  /// One core boots one node after another in no less; better than 1 where a boot waits.
  BenchFigure time_{"16_nodes_up / (16 x one_node_up / cores)", 1.15};
  BenchFigure memory_{"pss_of_a_node / its_ram, of 16", 0.35};
};

}  // namespace o2lab
