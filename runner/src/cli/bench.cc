// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/paths.h"
#include "base/temporary_dir.h"
#include "cli/bench_recorders.h"
#include "cli/bench_reset.h"
#include "cli/bench_rounds.h"
#include "cli/bench_scale.h"
#include "cli/options.h"
#include "report/json.h"

namespace o2lab {

namespace {

constexpr std::ptrdiff_t kWholeRun = 10;  // cases; less is somebody trying out a few

/// The newest stored run that ran so many cases that its totals say something.
std::optional<RunResult> newest_whole_run(const fs::path& results) {
  std::vector<fs::path> runs;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(results, error))
    if (entry.is_directory() && !entry.is_symlink()) runs.push_back(entry.path());
  // Run directories are named by their UTC start, so the names sort by age.
  std::sort(runs.rbegin(), runs.rend());
  for (const fs::path& run : runs) {
    try {
      RunResult result = read_results(run);
      if (std::count_if(result.cases.begin(), result.cases.end(),
                        [](const CaseResult& one) { return one.verdict != Verdict::skip; }) >= kWholeRun)
        return result;
    } catch (const Error&) {
      continue;
    }
  }
  return std::nullopt;
}

std::vector<BenchFigure> stored_figures(const fs::path& results) {
  const std::optional<RunResult> run = newest_whole_run(results);
  if (!run) {
    BenchFigure figure = runner_cpu_figure({});
    figure.missing = fmt::format("no run of {} cases or more in {}: run `make lab-test` first", kWholeRun,
                                 results.native());
    return {figure};
  }
  std::vector<BenchFigure> out{runner_cpu_figure(*run)};
  for (BenchFigure& figure : bound_figures(*run)) out.push_back(std::move(figure));
  fmt::print(stderr, "o2lab: CPU time and bounds are those of run {}\n", run->id);
  return out;
}

}  // namespace

int run_bench(const Options& options, const StopFd& stop) {
  // What the nodes of the bench write is nobody's result.
  const TemporaryDir scratch(state_dir() / "bench");
  SessionOptions session_options = options.session;
  session_options.results = scratch.path();
  try {
    std::vector<BenchFigure> figures;
    std::string stages;
    {
      Session session(session_options, stop);
      const Topology topology = find_topology("three-node");
      BareSpec bare;
      bare.kernel = session.kernel(options.session.flavour).boot;
      bare.initrd = load_image(options.session.repository, "default").dir / "bare.cpio";
      bare.runtime_dir = session.runtime_dir();
      bare.memory = topology.memory;
      bare.vcpus = topology.vcpus;
      bare.accel = session.result().accel == name_of(Accel::kvm) ? Accel::kvm : Accel::tcg;
      BenchRounds rounds(session, bare, stop);
      rounds.warm_up();
      for (int round = 1; round <= options.rounds; ++round)
        fmt::print(stderr, "o2lab: round {} of {}: {}\n", round, options.rounds, rounds.round());
      figures = rounds.figures();
      stages = rounds.stages();
      BenchReset reset(session);
      reset.warm_up();
      for (int round = 1; round <= options.rounds; ++round)
        fmt::print(stderr, "o2lab: reset {} of {}: {}\n", round, options.rounds, reset.round());
      for (BenchFigure& figure : reset.figures()) figures.push_back(std::move(figure));
      const int pairs = (options.rounds + 1) / 2;
      BenchScale scale(session);
      for (int round = 1; round <= pairs; ++round)
        fmt::print(stderr, "o2lab: scale {} of {}: {}\n", round, pairs, scale.round());
      for (BenchFigure& figure : scale.figures()) figures.push_back(std::move(figure));
      BenchRecorders recorders(session, stop);
      for (int pair = 1; pair <= pairs; ++pair)
        fmt::print(stderr, "o2lab: recorders {} of {}: {}\n", pair, pairs, recorders.round());
      for (BenchFigure& figure : recorders.figures()) figures.push_back(std::move(figure));
      stages += recorders.medians();
    }
    for (BenchFigure& figure : stored_figures(options.session.results)) figures.push_back(std::move(figure));
    if (options.json)
      fmt::print("{}\n", bench_json(figures).dump(2));
    else
      fmt::print("{}\n{}", bench_table(figures), stages);
    const bool all_met =
        std::all_of(figures.begin(), figures.end(), [](const BenchFigure& figure) { return figure.ok(); });
    return all_met ? 0 : 1;
  } catch (const Error&) {
    if (stop.raised()) return 130;
    throw;
  }
}

}  // namespace o2lab
