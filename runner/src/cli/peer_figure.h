// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "base/fd.h"
#include "judge/bench_table.h"

namespace o2lab {

/// A figure whose second half another program gives. One that is not here, or fails, is no failure of the
/// bench.
class PeerFigure {
 public:
  /// `name` as in BenchFigure; `peer` for people; `missing`: why there is none, empty when there is.
  PeerFigure(std::string name, std::string peer, std::string missing, const StopFd& stop);

  /// Seconds of each side, one after the other; `counts`: they go into the figure. Returns what they came to,
  /// for people, or why there is nothing. What ours throws goes through, and so does an interruption.
  std::string pair(const std::function<double()>& ours, const std::function<double()>& theirs, bool counts);
  const BenchFigure& figure() const { return figure_; }

 private:
  BenchFigure figure_;
  std::string peer_;
  const StopFd& stop_;
};

}  // namespace o2lab
