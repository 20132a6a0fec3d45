// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <bitset>
#include <cstdint>

#include "host.h"

namespace o2member {

/// Nodes by number, which is their id in corosync and their num in configfs.
inline constexpr size_t kMaxNodes = 255;
using NodeSet = std::bitset<kMaxNodes>;

/// What the watches of one volume tell each other, in one order for all (corosync's cpg).
struct Message {
  enum class Type : uint8_t {
    hello = 1,  ///< the sender has no link of its own here: it uses the volume no more, or not yet
    here = 2,   ///< the sender has one, and knows no end of `members`: who is not among them needs no fencing
    linked = 3,  ///< the sender has linked `subject`, as its hello number `sequence` asked for
    fenced = 4,  ///< `subject` is proven dead
    failed = 5,  ///< the sender's fencing of `subject` has failed
  };
  Type type = Type::hello;
  uint32_t subject = 0;
  uint32_t sequence = 0;
  uint64_t session =
      0;  ///< one run of the sender's watch; with linked and fenced of the subject's, 0 if nobody knows it
  NodeSet members;

  static constexpr size_t kSize = 4 + 1 + 4 + 4 + 8 + 32;
  using Bytes = std::array<uint8_t, kSize>;
  Bytes encode() const;
  /// False for what is no such message.
  static bool decode(const void* data, size_t size, Message& message);
};

/// What the core can do; the calls come from its inputs and do not call back.
class WatchActions {
 public:
  WatchActions() = default;
  WatchActions(const WatchActions&) = delete;
  WatchActions& operator=(const WatchActions&) = delete;
  virtual ~WatchActions() = default;
  /// Membership in the kernel, of others and of this node; true when it is as asked for afterwards.
  virtual bool link(uint32_t node) = 0;
  virtual bool unlink(uint32_t node) = 0;
  /// Whether its journal is still being recovered here.
  virtual bool in_recovery(uint32_t node) = 0;
  /// False where it cannot be sent at the moment: corosync takes nothing while it changes the membership.
  virtual bool send(const Message& message) = 0;
  /// Asks all watches whether they keep this volume; WatchCore::not_kept_by() gets the answer of each that
  /// does not, with this number, and is called by no other way.
  virtual void inquire(uint64_t number) = 0;
  /// Asks for fencing of a node that is missed since then; WatchCore::fence_ended() gets the answer, with
  /// this ticket. False where it cannot be asked for: then there is no answer, and it is tried again.
  virtual bool fence(uint32_t node, uint32_t ticket, Clock::time_point missed) = 0;
};

/// Membership of one volume as this node sees it, without a cluster manager beyond corosync. Its rules:
/// - a node comes in by hello: all who are there link it and say so; it links them; then it links itself;
/// - who leaves by cpg_leave has unmounted and taken its own link away: it is unlinked at once;
/// - who vanishes stays linked until its fencing is confirmed, to all, by one message; only a quorate group
/// asks
///   for fencing, and the lowest of those who are in asks, with one more after every third failure;
/// - a hello from a node that is linked proves that its former life is over: with the volume in use its own
/// link
///   would be there, and taking that away fences;
/// - whoever comes in where nobody is in has nobody to vouch for the configured nodes that are not there:
/// they
///   may be cut off and use the volume, and are fenced first, but for those whose watch answers that it does
///   not keep this volume;
/// - nobody comes in while a lost node is not resolved, or while its own recovery is under way.
/// After it is made nothing here allocates memory.
class WatchCore {
 public:
  /// How long a node that has vanished may take to come back before it is fenced.
  struct Patience {
    Milliseconds lost{2000};
    Milliseconds startup{20'000};  ///< of one that was not there when the first came
  };
  WatchCore(WatchActions& actions, uint32_t own, const Patience& patience);

  /// Begins anew with corosync: `linked` is what configfs has now, from an earlier run or none; `configured`
  /// is who there can be; `session` is a random number that is not 0.
  void begin(const NodeSet& linked, const NodeSet& configured, uint64_t session);
  /// Who is configured has changed, or is known only now.
  void configure(const NodeSet& configured) { configured_ = configured; }
  /// The group has changed. `left` have said good-bye, `lost` have not.
  void group(const NodeSet& members, const NodeSet& joined, const NodeSet& left, const NodeSet& lost,
             Clock::time_point now);
  void received(uint32_t from, const Message& message, Clock::time_point now);
  void quorum(bool quorate, Clock::time_point now);
  void fence_ended(uint32_t node, uint32_t ticket, bool success, Clock::time_point now);
  /// The watch of `node` keeps other volumes, and its machine does not use this one, as it has answered to
  /// `inquiry`. Before it could, it would have to join the group.
  void not_kept_by(uint32_t node, uint64_t inquiry, Clock::time_point now);
  /// Does what has become due. To be called again within next_look().
  void look(Clock::time_point now);
  Milliseconds next_look() const;

  const NodeSet& linked() const { return linked_; }
  const NodeSet& lost() const { return lost_; }
  bool is_member() const { return linked_.test(own_); }

 private:
  void announce();
  void lose(size_t node, Clock::time_point now, Milliseconds patience);
  void doubt_absent(Clock::time_point now);
  void drop(size_t node);
  void let_in();
  void come_in(Clock::time_point now);
  bool is_of_this_life(const Message& fenced) const;
  void ask_for_fencing(Clock::time_point now);
  bool asks_for_fencing(size_t node) const;
  void send(Message::Type type, size_t subject, uint32_t sequence, uint64_t session);
  void send_waiting();
  void forget_waiting(Message::Type type, size_t subject);

  WatchActions& actions_;
  const uint32_t own_;
  const Patience patience_;
  uint64_t session_ = 0;
  uint32_t sequence_ = 0;
  bool quorate_ = false;
  uint64_t inquiry_ = 0;  ///< what an answer must name to be of now
  Clock::time_point inquire_at_{};
  bool begun_ = false;
  bool heard_ = false;  ///< the own hello has come back: everybody has it, and nothing older is under way
  NodeSet configured_;
  NodeSet cleared_;  ///< known not to use the volume when last seen
  NodeSet group_;
  NodeSet linked_;
  NodeSet lost_;     ///< vanished, and not known to be dead
  NodeSet doubted_;  ///< of these, by doubt_absent(), and not seen in the group since
  NodeSet fencing_;  ///< asked for
  NodeSet pending_;  ///< to be linked
  NodeSet asking_;   ///< wait for a `linked`
  NodeSet in_;       ///< have their own link, as they say
  NodeSet known_;    ///< have said hello or here since they joined
  NodeSet acked_;    ///< have linked this node
  std::array<uint64_t, kMaxNodes> sessions_{};
  std::array<uint32_t, kMaxNodes> sequences_{};
  std::array<Clock::time_point, kMaxNodes> missed_{};
  std::array<Clock::time_point, kMaxNodes> due_{};
  std::array<uint32_t, kMaxNodes> tickets_{};
  std::array<uint32_t, kMaxNodes> failures_{};  ///< of its fencing since it was lost, by whomever
  uint32_t last_ticket_ = 0;
  /// What could not be sent yet, in order; of a kind and subject only the newest. Their members are filled in
  /// as they are sent: who is not among them counts as known to be gone.
  std::array<Message, 2 + 3 * kMaxNodes> waiting_{};
  size_t waiting_count_ = 0;
};

}  // namespace o2member
