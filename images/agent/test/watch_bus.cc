// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch_bus.h"

#include <algorithm>

namespace o2member {

bool WatchBus::Node::link(uint32_t node) {
  links.set(node);
  for (const auto& other : bus.nodes_)
    EXPECT_TRUE(node != number || !other->uses() || links.test(other->number))
        << number << " comes in, and does not know that " << other->number
        << " uses the volume: " << bus.log_text();
  bus.log.push_back(std::to_string(number) + "+" + std::to_string(node));
  return true;
}

bool WatchBus::Node::unlink(uint32_t node) {
  links.reset(node);
  bus.log.push_back(std::to_string(number) + "-" + std::to_string(node));
  EXPECT_FALSE(bus.node(node).uses())
      << number << " calls " << node << " dead, and it uses the volume: " << bus.log_text();
  EXPECT_NE(node, number);
  return true;
}

bool WatchBus::Node::send(const Message& message) {
  if (bus.busy_at_times && bus.random() % 4 == 0) return false;
  Message copy;
  const Message::Bytes bytes = message.encode();
  EXPECT_TRUE(Message::decode(bytes.data(), bytes.size(), copy));
  bus.queue_.push_back({.from = number, .message = copy});
  return true;
}

void WatchBus::Node::inquire(uint64_t inquiry) {
  bus.tell_all(false, number, inquiry);
}

bool WatchBus::Node::fence(uint32_t node, uint32_t ticket, Clock::time_point /*missed*/) {
  bus.log.push_back(std::to_string(number) + "!" + std::to_string(node));
  bus.fences_.push_back({number, node, ticket, static_cast<int>(bus.random() % 12)});
  return true;
}

WatchBus::WatchBus(uint32_t nodes, uint32_t seed, const WatchCore::Patience& patience)
    : random(seed), patience_(patience) {
  for (uint32_t number = 0; number <= nodes; ++number)
    nodes_.push_back(std::make_unique<Node>(*this, number));
}

void WatchBus::start(uint32_t number) {
  Node& it = node(number);
  it.core = std::make_unique<WatchCore>(it, number, patience_);
  NodeSet configured;
  for (size_t other = 1; other < nodes_.size(); ++other) configured.set(other);
  it.core->begin(it.links, configured, ++sessions_);
  it.core->quorum(quorate, now_);
  it.elsewhere = false;
  it.reached = true;
  log.push_back("start " + std::to_string(number));
  NodeSet one;
  one.set(number);
  group_ |= one;
  change_group(one, {}, {});
}

void WatchBus::start_elsewhere(uint32_t number) {
  node(number).elsewhere = true;
  log.push_back("elsewhere " + std::to_string(number));
}

void WatchBus::change_group(const NodeSet& joined, const NodeSet& left, const NodeSet& lost) {
  queue_.push_back({.change = true, .members = group_, .joined = joined, .left = left, .lost = lost});
}

void WatchBus::leave(uint32_t number) {
  Node& it = node(number);
  log.push_back("leave " + std::to_string(number));
  it.links.reset();
  it.core.reset();
  NodeSet one;
  one.set(number);
  group_ &= ~one;
  change_group({}, one, {});
}

void WatchBus::kill_watch(uint32_t number) {
  log.push_back("kill " + std::to_string(number));
  node(number).core.reset();
  node(number).elsewhere = false;
  // What it had sent and nobody has got yet may be lost with it.
  std::erase_if(queue_,
                [&](const Item& item) { return !item.change && item.from == number && random() % 2 == 0; });
  std::erase_if(fences_, [&](const Fence& fence) { return fence.by == number && random() % 2 == 0; });
  NodeSet one;
  one.set(number);
  if (!group_.test(number)) return;
  group_ &= ~one;
  change_group({}, {}, one);
}

void WatchBus::crash(uint32_t number) {
  kill_watch(number);
  Node& it = node(number);
  it.alive = false;
  it.links.reset();
  it.recovering.reset();
}

void WatchBus::isolate(uint32_t number) {
  kill_watch(number);
  node(number).reached = false;
}

void WatchBus::power_on(uint32_t number) {
  node(number).alive = true;
  start(number);
}

bool WatchBus::anybody_misses(uint32_t number) const {
  return std::ranges::any_of(
      nodes_, [&](const auto& it) { return it->core && it->number != number && it->links.test(number); });
}

void WatchBus::deliver(const Item& item) {
  for (auto& it : nodes_) {
    if (!it->core) continue;
    // Who has joined since has not been there.
    if (item.change && !item.members.test(it->number)) continue;
    if (item.change) {
      it->core->group(item.members, item.joined, item.left, item.lost, now_);
    } else {
      it->core->received(item.from, item.message, now_);
    }
  }
}

bool WatchBus::step() {
  if (!fences_.empty()) run_fences();
  if (!inquiries_.empty() && random() % 2 == 0) deliver_inquiry();
  if (queue_.empty()) {
    let_time_pass(Milliseconds(100));
    return !fences_.empty() || !queue_.empty() || !inquiries_.empty();
  }
  const Item item = queue_.front();
  queue_.pop_front();
  deliver(item);
  return true;
}

void WatchBus::run_fences() {
  Fence fence = fences_.front();
  fences_.erase(fences_.begin());
  if (--fence.steps > 0) {
    fences_.push_back(fence);
    return;
  }
  const bool success = fencing_works && fence.by != cannot_fence && random() % 4 != 0;
  if (success && node(fence.node).alive) crash(fence.node);
  if (success) log.push_back("dead " + std::to_string(fence.node));
  if (node(fence.by).core) node(fence.by).core->fence_ended(fence.node, fence.ticket, success, now_);
}

void WatchBus::tell_all(bool answer, uint32_t from, uint64_t number) {
  for (const auto& it : nodes_) inquiries_.push_back({answer, from, it->number, number});
}

void WatchBus::deliver_inquiry() {
  const size_t which = random() % inquiries_.size();
  const Inquiry inquiry = inquiries_[which];
  inquiries_.erase(inquiries_.begin() + static_cast<std::ptrdiff_t>(which));
  Node& to = node(inquiry.to);
  if (inquiry.answer && to.core) {
    to.core->not_kept_by(inquiry.from, inquiry.number, now_);
  } else if (!inquiry.answer && to.elsewhere && to.alive && to.reached && !to.uses()) {
    tell_all(true, inquiry.to, inquiry.number);
  }
}

void WatchBus::let_time_pass(Milliseconds time) {
  now_ += time;
  for (auto& it : nodes_) {
    if (random() % 3 == 0) it->recovering.reset();
    if (it->core) it->core->look(now_);
  }
}

void WatchBus::settle() {
  for (int quiet = 0, steps = 0; quiet < 60 && steps < 20000; ++steps) quiet = step() ? 0 : quiet + 1;
}

std::string WatchBus::log_text() const {
  std::string text;
  for (const std::string& entry : log) text += entry + " ";
  return text;
}

}  // namespace o2member
