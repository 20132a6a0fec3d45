// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench_scale.h"

#include <unistd.h>

#include <sstream>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr int kNodes = 16;

/// Bytes of the host that this process takes up, what it shares counted by its part (smaps_rollup in
/// proc(5)).
double pss_of(pid_t pid) {
  const fs::path file = fmt::format("/proc/{}/smaps_rollup", pid);
  std::istringstream in(read_file(file));
  for (std::string line; std::getline(in, line);) {
    unsigned long long kib = 0;
    if (std::sscanf(line.c_str(), "Pss: %llu kB", &kib) == 1) return static_cast<double>(kib) * 1024;
  }
  fail(ErrorKind::environment, "{}: has no Pss", file.native());
}

}  // namespace

std::pair<Cluster&, double> BenchScale::boot(int nodes) {
  CaseSpec spec;
  spec.suite = "bench";
  spec.topology = "sixteen-node";
  spec.nodes = nodes;
  spec.ready = Ready::booted;
  session_.end_by_hand();
  const TimePoint begun = Clock::now();
  Cluster& cluster = session_.boot_by_hand(spec);
  return {cluster, to_seconds(Clock::now() - begun)};
}

std::string BenchScale::round() {
  const double one = boot(1).second;
  const auto [cluster, all] = boot(kNodes);
  double memory = 0;
  for (Node* node : cluster.nodes()) memory += pss_of(node->domain().pid());
  const double ram = kNodes * static_cast<double>(cluster.topology().memory);
  session_.end_by_hand();
  const auto cores = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
  time_.values.push_back(all / (kNodes * one / cores));
  memory_.values.push_back(memory / ram);
  return fmt::format("one node {:.2f} s, {} nodes {:.2f} s ({:.2f}), {:.0f} MiB of the host each ({:.2f})",
                     one, kNodes, all, time_.values.back(), memory / kNodes / (1 << 20),
                     memory_.values.back());
}

}  // namespace o2lab
