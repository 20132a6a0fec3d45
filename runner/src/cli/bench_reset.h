// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "judge/bench_table.h"
#include "judge/session.h"

namespace o2lab {

/// How long three nodes take to where a case begins, from a checkpoint and without one.
class BenchReset {
 public:
  explicit BenchReset(Session& session) : session_(session) {}

  /// Makes the checkpoints; counts for nothing. Once, first.
  void warm_up();
  /// Returns what it came to, for people.
  std::string round();
  std::vector<BenchFigure> figures() const { return {mounted_, o2cb_}; }

 private:
  /// Seconds from nothing until every node has done what its users would do first.
  double up(Ready ready, bool from_checkpoint);

  Session& session_;
  size_t round_ = 0;
  BenchFigure mounted_{.name = "checkpoint_to_first_write / boot_and_mount", .goal = 0.10};
  BenchFigure o2cb_{.name = "checkpoint_of_o2cb / boot_and_configure", .goal = 0.25};
};

}  // namespace o2lab
