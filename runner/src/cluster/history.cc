// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/history.h"

#include <sstream>

#include "base/error.h"

namespace o2lab {

bool take_history_line(const std::string& text, int node, TimePoint at, std::vector<HistoryOp>& ops,
                       std::map<int, size_t>& open) {
  std::istringstream in(text);
  std::string what;
  HistoryOp op;
  op.node = node;
  if (!(in >> what >> op.thread >> op.number)) return false;
  if (what == "begin" && in >> op.kind >> op.object >> op.version) {
    op.begun = at;
    open[op.thread] = ops.size();
    ops.push_back(std::move(op));
    return true;
  }
  if (what != "end" || !(in >> op.result >> op.version >> op.seen >> op.board)) return false;
  const auto begun = open.find(op.thread);
  if (begun == open.end() || ops[begun->second].number != op.number) return false;
  HistoryOp& known = ops[begun->second];
  known.ended = at;
  known.result = op.result;
  known.version = op.version;
  known.seen = op.seen;
  known.board = op.board;
  open.erase(begun);
  return true;
}

History::History(const std::vector<Node*>& nodes, WaitHub& hub, const HistoryPlan& plan, const fs::path& log)
    : hub_(hub), plan_(plan), log_(log, std::ios::app) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(plan.pause).count();
  for (Node* node : nodes) {
    Source& source = sources_[node->number()];
    source.node = node;
    source.process =
        node->start(fmt::format("exec o2work history {} --node {} --threads {} --pause-ms {} --seed {}",
                                plan.directory, node->number(), plan.threads, ms, plan.seed),
                    [this, &source](const StampedLine& line) { take(source, line); });
  }
  hub_.wait("the workload to be ready on every node", Deadline::in(180s), [this] {
    std::string waiting;
    for (auto& [number, source] : sources_) {
      if (!source.process->running()) source.process->wait(Deadline::in(1s)).check();
      const std::lock_guard lock(mutex_);
      if (!source.ready) waiting += " " + source.node->name();
    }
    return Seen{waiting.empty(), "not ready:" + waiting};
  });
}

void History::take(Source& source, const StampedLine& line) {
  {
    const std::lock_guard lock(mutex_);
    log_ << to_ns(line.at) << ' ' << source.node->name() << ' ' << line.text << '\n' << std::flush;
    if (line.text.starts_with("ready ")) source.ready = true;
    const bool ends = line.text.starts_with("end ");
    if (take_history_line(line.text, source.node->number(), line.at, source.ops, source.open) && ends)
      ++source.done;
  }
  hub_.notify();
}

std::vector<HistoryOp> History::ops() const {
  const std::lock_guard lock(mutex_);
  std::vector<HistoryOp> all;
  for (const auto& [number, source] : sources_) all.insert(all.end(), source.ops.begin(), source.ops.end());
  return all;
}

void History::wait_for(int node, size_t more, Duration limit) {
  Source& source = sources_.at(node);
  const auto done = [&] {
    const std::lock_guard lock(mutex_);
    return source.done;
  };
  const size_t goal = done() + more;
  hub_.wait(fmt::format("node{} to end {} more operations", node, more), Deadline::in(limit), [&] {
    if (!source.process->running()) source.process->wait(Deadline::in(1s)).check();
    const size_t now = done();
    return Seen{now >= goal, fmt::format("{} ended, wanted {}", now, goal)};
  });
}

void History::stop() {
  for (const auto& [number, source] : sources_)
    if (!source.process->running() || !source.node->running()) broken_off_.insert(number);
  for (auto& [number, source] : sources_)
    if (source.node->running()) source.process->close_stdin();
  for (auto& [number, source] : sources_)
    if (source.node->running()) source.process->wait(Deadline::in(60s));
}

HistoryState History::read(Node& reader) const {
  HistoryState state;
  std::istringstream in(reader.sh("o2work history-state " + plan_.directory, 120s));
  std::string object;
  int64_t version = 0;
  for (std::string what; in >> what;) {
    if (what == "done") return state;
    if (what != "state" || !(in >> object >> version)) break;
    state[object] = version;
  }
  fail(ErrorKind::infra, "{}: o2work history-state does not tell it all", reader.name());
}

}  // namespace o2lab
