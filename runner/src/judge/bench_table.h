// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "judge/result.h"
#include "judge/statistics.h"

namespace o2lab {

/// One line of the performance table: what it came to in each round, and what it must not exceed.
struct BenchFigure {
  std::string name;  ///< "a / b"; a time instead of a ratio has its unit at the end: "…_s"
  double goal = 0;
  std::vector<double> values = {};  ///< one a round; empty: it could not be measured
  bool bound = false;               ///< the goal holds for every round, not for the median
  std::string missing = {};         ///< why there are no values, and what to do

  bool measured() const { return !values.empty(); }
  /// The median of the rounds.
  double ratio() const { return median(values); }
  double least() const;
  double most() const;
  /// At most its goal; true for a figure that was not measured.
  bool ok() const;
};

/// For people: a heading, a line a figure, columns aligned.
std::string bench_table(const std::vector<BenchFigure>& figures);
/// `[{"name","ratio","min","max","n","goal"}]`; figures that were not measured are left out.
nlohmann::ordered_json bench_json(const std::vector<BenchFigure>& figures);

/// CPU time of the runner over that of its QEMUs, of a finished run; not measured when the run has no such
/// totals.
BenchFigure runner_cpu_figure(const RunResult& run);
/// Each interval with an upper bound, measured over bound: one figure a case and interval name, a value for
/// each time it was measured.
std::vector<BenchFigure> bound_figures(const RunResult& run);

}  // namespace o2lab
