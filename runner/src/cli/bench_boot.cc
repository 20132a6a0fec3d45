// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bench_boot.h"

#include <algorithm>

namespace o2lab {

CaseSpec booted(int nodes) {
  CaseSpec spec;
  spec.suite = "bench";
  spec.nodes = nodes;
  spec.topology = "three-node";
  spec.ready = Ready::booted;
  return spec;
}

Cluster& boot_until_answered(Session& session, int nodes, double& seconds) {
  Cluster& cluster = session.boot_by_hand(booted(nodes));
  on_each(cluster.nodes(), [](Node& node) { node.sh("true"); });
  const TimePoint answered = Clock::now();
  TimePoint asked = answered;
  for (const Node* node : cluster.nodes()) asked = std::min(asked, node->asked_at());
  seconds = to_seconds(answered - asked);
  return cluster;
}

}  // namespace o2lab
