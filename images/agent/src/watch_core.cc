// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch_core.h"

#include <algorithm>

#include "wire.h"

namespace o2member {

namespace {

constexpr uint32_t kMagic = 0x6f326d31;  // "o2m1"
constexpr Milliseconds kFenceAgain{1000};
constexpr uint32_t kFailuresOfOne = 3;  // then the next node asks, too
constexpr Milliseconds kInquireAgain{1000};
constexpr Milliseconds kLookAgain{100};
constexpr Milliseconds kSendAgain{10};
constexpr Milliseconds kQuiet{60'000};

}  // namespace

Message::Bytes Message::encode() const {
  Bytes bytes{};
  uint8_t* at = wire::put(bytes.data(), kMagic);
  at = wire::put(at, static_cast<uint8_t>(type));
  at = wire::put(at, subject);
  at = wire::put(at, sequence);
  at = wire::put(at, session);
  for (size_t node = 0; node < kMaxNodes; ++node)
    if (members.test(node)) at[node / 8] = static_cast<uint8_t>(at[node / 8] | 1 << node % 8);
  return bytes;
}

bool Message::decode(const void* data, size_t size, Message& message) {
  if (size != kSize) return false;
  uint32_t magic = 0;
  uint8_t type = 0;
  const uint8_t* at = wire::get(static_cast<const uint8_t*>(data), magic);
  at = wire::get(at, type);
  at = wire::get(at, message.subject);
  at = wire::get(at, message.sequence);
  at = wire::get(at, message.session);
  if (magic != kMagic || type < 1 || type > 5 || message.subject >= kMaxNodes) return false;
  message.type = static_cast<Type>(type);
  for (size_t node = 0; node < kMaxNodes; ++node)
    message.members.set(node, (at[node / 8] >> node % 8 & 1) != 0);
  return true;
}

WatchCore::WatchCore(WatchActions& actions, uint32_t own, const Patience& patience)
    : actions_(actions), own_(own), patience_(patience) {}

void WatchCore::begin(const NodeSet& linked, const NodeSet& configured, uint64_t session) {
  linked_ = linked;
  configured_ = configured;
  session_ = session;
  inquiry_ = session;
  inquire_at_ = {};
  last_ticket_ = static_cast<uint32_t>(session);
  begun_ = false;
  heard_ = false;
  for (NodeSet* set :
       {&cleared_, &group_, &lost_, &doubted_, &fencing_, &pending_, &asking_, &in_, &known_, &acked_})
    set->reset();
  sessions_.fill(0);
  waiting_count_ = 0;
}

void WatchCore::group(const NodeSet& members, const NodeSet& joined, const NodeSet& left, const NodeSet& lost,
                      Clock::time_point now) {
  group_ = members;
  for (size_t node = 0; node < kMaxNodes; ++node) {
    if (node == own_) continue;
    if (left.test(node) || lost.test(node) || joined.test(node)) {
      for (NodeSet* set : {&doubted_, &pending_, &asking_, &in_, &known_, &acked_}) set->reset(node);
      // Of a life that is over, or that goes on.
      for (const auto type : {Message::Type::linked, Message::Type::fenced, Message::Type::failed})
        forget_waiting(type, node);
    }
    if (left.test(node)) drop(node);
    // Linked here or not: the others may have let it in, and whoever asks for fencing has to know.
    if (lost.test(node)) lose(node, now, patience_.lost);
    // Of an earlier run: it has gone meanwhile, and how, only the others can tell.
    if (!begun_ && linked_.test(node) && !members.test(node)) lose(node, now, patience_.lost);
  }
  begun_ = true;
  if (joined.any()) announce();
  look(now);
}

void WatchCore::announce() {
  if (linked_.test(own_)) {
    send(Message::Type::here, own_, 0, session_);
    return;
  }
  ++sequence_;
  acked_.reset();
  heard_ = false;
  send(Message::Type::hello, own_, sequence_, session_);
}

void WatchCore::received(uint32_t from, const Message& message, Clock::time_point now) {
  if (from >= kMaxNodes || !begun_) return;
  const bool other = from != own_;
  switch (message.type) {
    case Message::Type::hello:
      heard_ = heard_ || (!other && message.sequence == sequence_ && message.session == session_);
      if (!other) break;
      forget_waiting(Message::Type::fenced, from);
      if (linked_.test(from) && sessions_[from] != message.session) drop(from);
      lost_.reset(from);
      fencing_.reset(from);
      in_.reset(from);
      cleared_.set(from);
      known_.set(from);
      sessions_[from] = message.session;
      sequences_[from] = message.sequence;
      pending_.set(from);
      asking_.set(from);
      break;
    case Message::Type::here:
      if (!other) break;
      forget_waiting(Message::Type::fenced, from);
      known_.set(from);
      in_.set(from);
      cleared_.reset(from);
      sessions_[from] = message.session;
      if (linked_.test(from)) {
        lost_.reset(from);
      } else if (linked_.test(own_)) {
        lose(from, now, Milliseconds(0));  // it was taken for dead, and uses the volume
      } else {
        lost_.reset(from);
        pending_.set(from);
      }
      // Whom another member has taken away after an end that was proven, while this watch was not there.
      for (size_t node = 0; node < kMaxNodes; ++node)
        if (lost_.test(node) && node != from && !group_.test(node) && !message.members.test(node)) drop(node);
      break;
    case Message::Type::linked:
      if (message.subject == own_ && message.session == session_ && message.sequence == sequence_)
        acked_.set(from);
      break;
    case Message::Type::fenced:
      if (message.subject != own_ && is_of_this_life(message)) drop(message.subject);
      break;
    case Message::Type::failed:
      if (lost_.test(message.subject)) ++failures_[message.subject];
      break;
  }
  look(now);
}

// A node may be back, and in use again, before all have heard that its former life was ended.
bool WatchCore::is_of_this_life(const Message& fenced) const {
  const uint64_t known = sessions_[fenced.subject];
  if (known != 0 && fenced.session != 0) return known == fenced.session;
  return lost_.test(fenced.subject);
}

void WatchCore::quorum(bool quorate, Clock::time_point now) {
  quorate_ = quorate;
  // What others do meanwhile is not heard here.
  if (!quorate) {
    cleared_.reset();
    ++inquiry_;
  }
  look(now);
}

void WatchCore::fence_ended(uint32_t node, uint32_t ticket, bool success, Clock::time_point now) {
  // Of a life that is over: the node has come back since.
  if (!fencing_.test(node) || tickets_[node] != ticket) return;
  fencing_.reset(node);
  // Its own copy of the message makes this node act, at the same place in the order as all others.
  send(success ? Message::Type::fenced : Message::Type::failed, node, 0, sessions_[node]);
  due_[node] = now + kFenceAgain;
  look(now);
}

void WatchCore::lose(size_t node, Clock::time_point now, Milliseconds patience) {
  if (lost_.test(node)) return;
  lost_.set(node);
  cleared_.reset(node);
  failures_[node] = 0;
  missed_[node] = now;
  due_[node] = now + patience;
}

void WatchCore::doubt_absent(Clock::time_point now) {
  if ((group_ & in_).any()) return;
  const NodeSet absent = configured_ & ~(group_ | cleared_ | lost_);
  for (size_t node = 0; node < kMaxNodes; ++node)
    if (absent.test(node) && node != own_) {
      lose(node, now, patience_.startup);
      doubted_.set(node);
    }
  if (doubted_.none() || now < inquire_at_) return;
  inquire_at_ = now + kInquireAgain;
  actions_.inquire(inquiry_);
}

void WatchCore::not_kept_by(uint32_t node, uint64_t inquiry, Clock::time_point now) {
  if (node >= kMaxNodes || inquiry != inquiry_ || !quorate_ || !doubted_.test(node)) return;
  for (NodeSet* set : {&doubted_, &lost_, &fencing_}) set->reset(node);
  cleared_.set(node);
  look(now);
}

// Only for a node whose end is proven.
void WatchCore::drop(size_t node) {
  if (linked_.test(node) && !actions_.unlink(static_cast<uint32_t>(node))) return;
  linked_.reset(node);
  lost_.reset(node);
  doubted_.reset(node);
  cleared_.set(node);
}

void WatchCore::look(Clock::time_point now) {
  if (!begun_) return;
  send_waiting();
  let_in();
  come_in(now);
  ask_for_fencing(now);
}

void WatchCore::let_in() {
  if (lost_.any()) return;
  for (size_t node = 0; node < kMaxNodes; ++node) {
    if (!pending_.test(node)) continue;
    const auto number = static_cast<uint32_t>(node);
    if (!linked_.test(node) && (actions_.in_recovery(number) || !actions_.link(number))) continue;
    linked_.set(node);
    pending_.reset(node);
    if (asking_.test(node)) send(Message::Type::linked, node, sequences_[node], sessions_[node]);
    asking_.reset(node);
  }
}

void WatchCore::come_in(Clock::time_point now) {
  if (linked_.test(own_) || !heard_ || !quorate_ || !group_.test(own_)) return;
  doubt_absent(now);
  if (lost_.any()) return;
  NodeSet others = group_;
  others.reset(own_);
  if ((others & ~(known_ & linked_ & acked_)).any() || !actions_.link(own_)) return;
  linked_.set(own_);
  send(Message::Type::here, own_, 0, session_);
}

// The lowest alone at first. One after the other joins in when it fails: the way to the fencing device may be
// broken on just that node. None ever stops, as one that has begun anew has not counted with the others.
bool WatchCore::asks_for_fencing(size_t node) const {
  NodeSet able = group_ & in_;
  able.set(own_, is_member());
  if (able.none()) able = group_;
  uint32_t before = 0;
  for (size_t other = 0; other < own_; ++other) before += able.test(other) ? 1 : 0;
  return able.test(own_) && before <= failures_[node] / kFailuresOfOne;
}

void WatchCore::ask_for_fencing(Clock::time_point now) {
  if (!quorate_ || lost_.none()) return;
  for (size_t node = 0; node < kMaxNodes; ++node) {
    if (!lost_.test(node) || fencing_.test(node) || now < due_[node] || !asks_for_fencing(node)) continue;
    // Back, but has not said yet whether it went on meanwhile.
    if (group_.test(node) && !in_.test(node)) continue;
    fencing_.set(node);
    tickets_[node] = ++last_ticket_;
    if (actions_.fence(static_cast<uint32_t>(node), last_ticket_, missed_[node])) continue;
    fencing_.reset(node);
    due_[node] = now + kFenceAgain;
    send(Message::Type::failed, node, 0, sessions_[node]);
  }
}

Milliseconds WatchCore::next_look() const {
  if (waiting_count_ > 0) return kSendAgain;
  return lost_.any() || pending_.any() || !is_member() ? kLookAgain : kQuiet;
}

void WatchCore::send(Message::Type type, size_t subject, uint32_t sequence, uint64_t session) {
  // A later one of the same says all that the earlier did, and a hello or here what the node is now.
  forget_waiting(type, subject);
  if (type == Message::Type::here) forget_waiting(Message::Type::hello, subject);
  if (type == Message::Type::hello) forget_waiting(Message::Type::here, subject);
  waiting_[waiting_count_++] = {.type = type,
                                .subject = static_cast<uint32_t>(subject),
                                .sequence = sequence,
                                .session = session,
                                .members = {}};
  send_waiting();
}

// In their order: an answer must not come before what it answers to.
void WatchCore::send_waiting() {
  size_t sent = 0;
  for (; sent < waiting_count_; ++sent) {
    Message& message = waiting_[sent];
    message.members = linked_ | lost_;
    if (!actions_.send(message)) break;
  }
  std::copy(waiting_.begin() + static_cast<std::ptrdiff_t>(sent),
            waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_count_), waiting_.begin());
  waiting_count_ -= sent;
}

void WatchCore::forget_waiting(Message::Type type, size_t subject) {
  const auto end = std::remove_if(
      waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_count_),
      [&](const Message& message) { return message.type == type && message.subject == subject; });
  waiting_count_ = static_cast<size_t>(end - waiting_.begin());
}

}  // namespace o2member
