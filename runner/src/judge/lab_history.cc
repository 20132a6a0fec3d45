// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "cluster/history.h"
#include "judge/lab.h"

namespace o2lab {

std::unique_ptr<History> Lab::history(const NodeSet& nodes, const HistoryPlan& plan) {
  HistoryPlan seeded = plan;
  seeded.seed += seed_;
  return std::make_unique<History>(
      this->nodes(nodes), hub_, seeded,
      cluster_.plan().log_dir / (fs::path(plan.directory).filename().native() + ".log"));
}

void Lab::check_history(History& history, const std::vector<Node*>& readers) {
  std::map<int, HistoryState> states;
  for (Node* reader : readers) states[reader->number()] = history.read(*reader);
  const std::vector<HistoryOp> ops = history.ops();
  const auto ended = std::count_if(ops.begin(), ops.end(), [](const HistoryOp& op) { return op.ok(); });
  events_.add(0, "case", "history",
              {{"operations", ops.size()}, {"acknowledged", ended}, {"readers", readers.size()}});
  for (const HistoryViolation& violation : o2lab::check_history(ops, states, history.broken_off()))
    record_.fail(FailureClass::kernel, fmt::format("{}: {}", name_of(violation.kind), violation.text));
}

}  // namespace o2lab
