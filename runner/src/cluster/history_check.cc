// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/history_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace o2lab {

namespace {

using Kind = HistoryViolation::Kind;
using Violations = std::vector<HistoryViolation>;

/// Operations of one thread that a power cut may overtake on their way to the host: its pause between two is
/// 20 ms, and what is written to its SSH is there after some 100 ms on a host that is busy.
constexpr int64_t kUnheard = 8;

/// What is known of an object that one thread alone writes.
struct Written {
  int64_t acked = 0;
  int64_t begun = 0;
  const HistoryOp* last_acked = nullptr;
  bool open = false;    ///< its last write never ended
  int64_t unheard = 0;  ///< writes that may have come after it
};

std::map<std::string, Written> written_by_one(const std::vector<HistoryOp>& ops,
                                              const std::set<int>& broken_off) {
  std::map<std::string, Written> out;
  for (const HistoryOp& op : ops) {
    if (op.version < 0 || op.kind == "count") continue;
    Written& object = out[op.object];
    object.begun = std::max(object.begun, op.version);
    if (!op.ended) object.open = true;
    if (broken_off.count(op.node) > 0) object.unheard = kUnheard;
    if (!op.ok() || op.version < object.acked) continue;
    object.acked = op.version;
    object.last_acked = &op;
  }
  return out;
}

void check_states_of_one(const std::map<std::string, Written>& objects, int reader, const HistoryState& state,
                         Violations& out) {
  for (const auto& [name, object] : objects) {
    if (object.last_acked == nullptr) continue;
    const auto found = state.find(name);
    if (found == state.end())
      out.push_back({Kind::lost_write, fmt::format("{} is not there as node{} sees it, after {}", name,
                                                   reader, object.last_acked->text())});
    else if (found->second < 0 && !object.open && object.unheard == 0)
      out.push_back({Kind::changed_data, fmt::format("{} is torn as node{} reads it, after {}", name, reader,
                                                     object.last_acked->text())});
    else if (found->second >= 0 && found->second < object.acked)
      out.push_back({Kind::lost_write,
                     fmt::format("{} has version {} as node{} reads it, but {} had made version {} safe",
                                 name, found->second, reader, object.last_acked->text(), object.acked)});
    else if (found->second > object.begun + object.unheard)
      out.push_back(
          {Kind::changed_data, fmt::format("{} has version {} as node{} reads it, which nobody wrote", name,
                                           found->second, reader)});
  }
}

/// A thread reads what it wrote itself: nobody else writes there.
void check_own_reads(const std::vector<HistoryOp>& ops, Violations& out) {
  std::map<std::string, int64_t> last;
  for (const HistoryOp& op : ops) {
    if (op.object == "counter") continue;
    if (op.version >= 0)
      last[op.object] = op.version;
    else if (op.ok() && op.seen != last[op.object])
      out.push_back(
          {op.seen < 0 ? Kind::changed_data : Kind::stale_read,
           fmt::format("{} read version {} where it had written {}", op.text(), op.seen, last[op.object])});
  }
}

/// The counter goes up by one from holder to holder; whoever died within may have counted unheard.
void check_counts(const std::vector<HistoryOp>& ops, const std::map<int, HistoryState>& states,
                  const std::set<int>& broken_off, Violations& out) {
  std::map<int64_t, const HistoryOp*> by_value;
  std::map<std::pair<int, int>, const HistoryOp*> last;  // of a thread
  // What failed half way may have counted as well, and is a violation of its own.
  int64_t unheard = std::count_if(ops.begin(), ops.end(),
                                  [](const HistoryOp& op) { return op.kind == "count" && !op.ok(); });
  std::set<std::pair<int, int>> broken_threads;
  for (const HistoryOp& op : ops)
    if (broken_off.count(op.node) > 0) broken_threads.emplace(op.node, op.thread);
  unheard += kUnheard * static_cast<int64_t>(broken_threads.size());
  for (const HistoryOp& op : ops) {
    if (op.kind != "count" || !op.ok()) continue;
    const auto [other, added] = by_value.try_emplace(op.version, &op);
    if (!added)
      out.push_back({Kind::lock_twice, fmt::format("{} and {} both counted to {}: both held the lock, or the "
                                                   "work of the first was undone",
                                                   other->second->text(), op.text(), op.version)});
    const HistoryOp*& before = last[{op.node, op.thread}];
    if (before != nullptr && op.version < before->version)
      out.push_back({Kind::lost_write, fmt::format("{} counted to {} after {} had counted to {}", op.text(),
                                                   op.version, before->text(), before->version)});
    before = &op;
    // Who died may have got as far as the board, or half of it.
    if (op.board != op.seen && (unheard == 0 || (op.board != op.seen + 1 && op.board != -1)))
      out.push_back(
          {op.board < op.seen ? Kind::stale_read : Kind::changed_data,
           fmt::format("{} found the counter at {} and the board at {}", op.text(), op.seen, op.board)});
  }
  int64_t skipped = 0;
  int64_t expected = 1;
  for (const auto& [value, op] : by_value) {
    skipped += value - expected;
    expected = value + 1;
  }
  if (skipped > unheard)
    out.push_back({Kind::changed_data,
                   fmt::format("the counter went up {} times without anybody counting, {} at most may have "
                               "done so unheard",
                               skipped, unheard)});
  if (by_value.empty()) return;
  const HistoryOp& highest = *by_value.rbegin()->second;
  for (const auto& [reader, state] : states) {
    const auto found = state.find("counter");
    const int64_t value = found == state.end() ? -1 : found->second;
    if (value < highest.version && (value >= 0 || unheard == 0))
      out.push_back(
          {Kind::lost_write, fmt::format("the counter is at {} as node{} reads it, but {} had counted "
                                         "to {}",
                                         value, reader, highest.text(), highest.version)});
    if (value > highest.version + unheard)
      out.push_back({Kind::changed_data, fmt::format("the counter is at {} as node{} reads it, which nobody "
                                                     "counted to",
                                                     value, reader)});
  }
}

}  // namespace

std::string HistoryOp::text() const {
  return fmt::format("node{} thread {} operation {} ({} {})", node, thread, number, kind, object);
}

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::lost_write:
      return "lost acknowledged write";
    case Kind::changed_data:
      return "changed data";
    case Kind::lock_twice:
      return "lock held twice";
    case Kind::stale_read:
      return "stale read";
    case Kind::failed:
      break;
  }
  return "failed operation";
}

std::vector<HistoryViolation> check_history(const std::vector<HistoryOp>& ops,
                                            const std::map<int, HistoryState>& states,
                                            const std::set<int>& broken_off) {
  Violations out;
  for (const HistoryOp& op : ops)
    if (op.ended && op.result != "ok")
      out.push_back({Kind::failed, fmt::format("{} ended with {}", op.text(), op.result)});
  const std::map<std::string, Written> objects = written_by_one(ops, broken_off);
  for (const auto& [reader, state] : states) check_states_of_one(objects, reader, state, out);
  check_own_reads(ops, out);
  check_counts(ops, states, broken_off, out);
  for (auto state = states.begin(); state != states.end(); ++state)
    for (const auto& [object, version] : states.begin()->second) {
      const auto other = state->second.find(object);
      if (other != state->second.end() && other->second == version) continue;
      out.push_back(
          {Kind::stale_read,
           fmt::format("{} has version {} on node{} and {} on node{}", object, version, states.begin()->first,
                       other == state->second.end() ? "none" : std::to_string(other->second), state->first)});
    }
  return out;
}

}  // namespace o2lab
