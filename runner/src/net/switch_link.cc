// SPDX-License-Identifier: GPL-2.0-or-later
// What a switch does to the frames of a link that has a policy.
#include <algorithm>

#include "net/switch.h"

namespace o2lab {

HeldFrames::Id Switch::hold(size_t in, size_t to, Frame frame, TimePoint due) {
  ports_[in]->links[to].link.held_bytes += frame.size();
  return held_.add(due, {in, to, {frame.begin(), frame.end()}});
}

void Switch::queue_made(size_t in, size_t to, std::vector<std::byte> bytes) {
  std::vector<std::vector<std::byte>>& made = ports_[in]->links[to].made;
  made.push_back(std::move(bytes));
  ports_[to]->out.emplace_back(made.back());
}

void Switch::treat(size_t in, size_t to, Frame frame, TimePoint now, std::string& comment) {
  LinkState& state = ports_[in]->links[to];
  Fate fate = state.link.decide(frame, now, !state.overtaken);
  if (capture_)
    if (const std::string text = fate.text(); !text.empty())
      comment += fmt::format("{}{} to node{}", comment.empty() ? "" : ", ", text, ports_[to]->node);
  if (fate.copies == 0) return;
  const bool made = !fate.bytes.empty();
  if (fate.reordered) {
    state.overtaken_due = now + fate.wait[0];
    state.overtaken = hold(in, to, made ? Frame(fate.bytes) : frame, state.overtaken_due + kReorderHold);
    return;
  }
  for (size_t i = 0; i < fate.copies; ++i) {
    if (fate.wait[i] > 0s)
      hold(in, to, made ? Frame(fate.bytes) : frame, now + fate.wait[i]);
    else if (made)
      queue_made(in, to, fate.bytes);
    else
      ports_[to]->out.push_back(frame);
  }
  if (state.overtaken) let_overtaken_go(in, to, now, now + fate.wait[0]);
}

void Switch::let_overtaken_go(size_t in, size_t to, TimePoint now, TimePoint due) {
  LinkState& state = ports_[in]->links[to];
  const HeldFrames::Id id = *state.overtaken;
  state.overtaken.reset();
  due = std::max(due, state.overtaken_due);
  if (due > now) {
    held_.move(id, due);
    return;
  }
  HeldFrame frame = held_.take(id);
  state.link.held_bytes -= frame.bytes.size();
  queue_made(in, to, std::move(frame.bytes));
}

void Switch::send_due() {
  held_.acknowledge();
  const TimePoint now = Clock::now();
  while (auto next = held_.take_due(now)) {
    const auto& [id, held] = *next;
    LinkState& state = ports_[held.from]->links[held.to];
    state.link.held_bytes -= held.bytes.size();
    if (state.overtaken == id) state.overtaken.reset();
    const Frame frame(held.bytes);
    send(state.link, held.to, {&frame, 1});
  }
}

size_t Switch::drop_held(size_t from, size_t to) {
  LinkState& state = ports_[from]->links[to];
  const size_t dropped = held_.drop(from, to);
  state.overtaken.reset();
  state.link.held_bytes = 0;
  state.link.stats.dropped_held += dropped;
  return dropped;
}

}  // namespace o2lab
