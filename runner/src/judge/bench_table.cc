// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/bench_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"

namespace o2lab {

namespace {

/// What the table shows of a figure; JSON gets the same, so that the two never differ.
double rounded(double value) {
  return std::round(value * 10000) / 10000;
}

double number_of(const std::map<std::string, std::string>& facts, const char* key) {
  const auto found = facts.find(key);
  return found == facts.end() ? 0 : std::strtod(found->second.c_str(), nullptr);
}

}  // namespace

double BenchFigure::least() const {
  return *std::min_element(values.begin(), values.end());
}

double BenchFigure::most() const {
  return *std::max_element(values.begin(), values.end());
}

bool BenchFigure::ok() const {
  return !measured() || (bound ? most() : ratio()) <= goal;
}

std::string bench_table(const std::vector<BenchFigure>& figures) {
  size_t width = 4;
  for (const BenchFigure& figure : figures) width = std::max(width, figure.name.size());
  std::string out = fmt::format("{:<{}} {:>7} {:>7} {:>7} {:>4} {:>6}  {}\n", "name", width, "ratio", "min",
                                "max", "n", "goal", "ok");
  for (const BenchFigure& figure : figures)
    if (figure.measured())
      out += fmt::format("{:<{}} {:>7.3f} {:>7.3f} {:>7.3f} {:>4} {:>6.2f}  {}\n", figure.name, width,
                         figure.ratio(), figure.least(), figure.most(), figure.values.size(), figure.goal,
                         figure.ok() ? "yes" : "NO");
    else
      out += fmt::format("{:<{}} {:>7} {:>7} {:>7} {:>4} {:>6.2f}  {}\n", figure.name, width, "-", "-", "-",
                         0, figure.goal, figure.missing);
  return out;
}

nlohmann::ordered_json bench_json(const std::vector<BenchFigure>& figures) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const BenchFigure& figure : figures)
    if (figure.measured())
      out.push_back({{"name", figure.name},
                     {"ratio", rounded(figure.ratio())},
                     {"min", rounded(figure.least())},
                     {"max", rounded(figure.most())},
                     {"n", figure.values.size()},
                     {"goal", figure.goal}});
  return out;
}

BenchFigure runner_cpu_figure(const RunResult& run) {
  BenchFigure figure{.name = "runner_cpu / qemu_cpu over lab-test", .goal = 0.03};
  const double runner = number_of(run.host, "runner_cpu_s");
  const double qemu = number_of(run.host, "qemu_cpu_s");
  if (runner > 0 && qemu > 0)
    figure.values.push_back(runner / qemu);
  else
    figure.missing = fmt::format("run {} has no CPU times", run.id);
  return figure;
}

std::vector<BenchFigure> bound_figures(const RunResult& run) {
  std::vector<BenchFigure> out;
  for (const CaseResult& one : run.cases)
    for (const Interval& interval : one.intervals) {
      if (!interval.measured || !interval.upper || *interval.upper <= Duration::zero()) continue;
      const std::string name = fmt::format("{}: {} / bound", one.full_name(), interval.name);
      auto known = std::find_if(out.begin(), out.end(),
                                [&](const BenchFigure& figure) { return figure.name == name; });
      if (known == out.end())
        known = out.insert(out.end(), BenchFigure{.name = name, .goal = 1.0, .bound = true});
      known->values.push_back(to_seconds(*interval.measured) / to_seconds(*interval.upper));
    }
  return out;
}

}  // namespace o2lab
