// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/paths.h"
#include "base/temporary_dir.h"
#include "cli/bench_peers.h"
#include "cli/bench_recorders.h"
#include "cli/bench_reset.h"
#include "cli/bench_rounds.h"
#include "cli/bench_scale.h"
#include "report/json.h"

namespace o2lab {

namespace {

using Figures = std::vector<BenchFigure>;

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

Figures stored_figures(const fs::path& results) {
  const std::optional<RunResult> run = newest_whole_run(results);
  if (!run) {
    BenchFigure figure = runner_cpu_figure({});
    figure.missing = fmt::format("no run of {} cases or more in {}: run `make lab-test` first", kWholeRun,
                                 results.native());
    return {figure};
  }
  Figures out{runner_cpu_figure(*run)};
  for (BenchFigure& figure : bound_figures(*run)) out.push_back(std::move(figure));
  fmt::print(stderr, "o2lab: CPU time and bounds are those of run {}\n", run->id);
  return out;
}

/// So many rounds of it, each told as it ends, and its figures added.
template <class Measured>
void measure(const char* what, int rounds, Measured& of, Figures& figures) {
  for (int round = 1; round <= rounds; ++round)
    fmt::print(stderr, "o2lab: {} {} of {}: {}\n", what, round, rounds, of.round());
  for (BenchFigure& figure : of.figures()) figures.push_back(std::move(figure));
}

/// What each boot of the bench has in common with that of a node.
PlainMachine machine_of_a_node(Session& session) {
  const Topology topology = find_topology("three-node");
  return {.memory = topology.memory,
          .vcpus = topology.vcpus,
          .accel = session.result().accel == name_of(Accel::kvm) ? Accel::kvm : Accel::tcg,
          .runtime_dir = session.runtime_dir()};
}

/// What takes long is measured half as often.
int pairs_of(int rounds) {
  return (rounds + 1) / 2;
}

std::string bench_boot(Session& session, const Options& options, const StopFd& stop, Figures& figures) {
  BareSpec bare;
  bare.kernel = session.kernel(options.session.flavour).boot;
  bare.initrd = load_image(options.session.repository, "default").dir / "bare.cpio";
  bare.machine = machine_of_a_node(session);
  BenchRounds rounds(session, bare, stop);
  rounds.warm_up();
  measure("round", options.rounds, rounds, figures);
  return rounds.stages();
}

std::string bench_peers(Session& session, const Options& options, const StopFd& stop, Figures& figures) {
  BenchPeers peers(session, options.session, machine_of_a_node(session), stop);
  if (peers.any()) peers.warm_up();
  measure("peers", peers.any() ? pairs_of(options.rounds) : 0, peers, figures);
  return {};
}

std::string bench_reset(Session& session, const Options& options, const StopFd&, Figures& figures) {
  BenchReset reset(session);
  reset.warm_up();
  measure("reset", options.rounds, reset, figures);
  return {};
}

std::string bench_scale(Session& session, const Options& options, const StopFd&, Figures& figures) {
  BenchScale scale(session);
  measure("scale", pairs_of(options.rounds), scale, figures);
  return {};
}

std::string bench_recorders(Session& session, const Options& options, const StopFd& stop, Figures& figures) {
  BenchRecorders recorders(session, stop);
  measure("recorders", pairs_of(options.rounds), recorders, figures);
  return recorders.medians();
}

/// What the bench boots nodes for. Each returns medians of single steps, for people.
struct BenchPart {
  const char* name;
  std::string (*measure)(Session&, const Options&, const StopFd&, Figures&);
};
constexpr std::array kParts{BenchPart{"boot", bench_boot}, BenchPart{"peers", bench_peers},
                            BenchPart{"reset", bench_reset}, BenchPart{"scale", bench_scale},
                            BenchPart{"recorders", bench_recorders}};
constexpr const char* kOfRun = "run";

bool wanted(const Options& options, const char* part) {
  return options.patterns.empty() ||
         std::find(options.patterns.begin(), options.patterns.end(), part) != options.patterns.end();
}

/// Nothing boots where no part of it is wanted.
std::string boot_and_measure(const Options& given, const StopFd& stop, Figures& figures) {
  if (std::none_of(kParts.begin(), kParts.end(),
                   [&](const BenchPart& part) { return wanted(given, part.name); }))
    return {};
  // What the nodes of the bench write is nobody's result.
  const TemporaryDir scratch(state_dir() / "bench");
  Options options = given;
  options.session.results = scratch.path();
  Session session(options.session, stop);
  std::string medians;
  for (const BenchPart& part : kParts)
    if (wanted(options, part.name)) medians += part.measure(session, options, stop, figures);
  return medians;
}

}  // namespace

std::vector<std::string> bench_parts() {
  std::vector<std::string> out;
  out.reserve(kParts.size() + 1);
  for (const BenchPart& part : kParts) out.emplace_back(part.name);
  out.emplace_back(kOfRun);
  return out;
}

int run_bench(const Options& options, const StopFd& stop) {
  if (wanted(options, "peers")) find_vng();  // a wrong name is told before anything boots
  try {
    Figures figures;
    const std::string medians = boot_and_measure(options, stop, figures);
    if (wanted(options, kOfRun))
      for (BenchFigure& figure : stored_figures(options.session.results))
        figures.push_back(std::move(figure));
    if (options.json)
      fmt::print("{}\n", bench_json(figures).dump(2));
    else
      fmt::print("{}\n{}", bench_table(figures), medians);
    const bool all_met =
        std::all_of(figures.begin(), figures.end(), [](const BenchFigure& figure) { return figure.ok(); });
    return all_met ? 0 : 1;
  } catch (const Error&) {
    if (stop.raised()) return kInterrupted;
    throw;
  }
}

}  // namespace o2lab
