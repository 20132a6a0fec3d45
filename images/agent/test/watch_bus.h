// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "watch_core.h"

namespace o2member {

/// Some nodes with a watch each, on one ordered bus, as corosync's closed process groups are: every message
/// and every change of the group reaches all in one order. Holds the safety rule at each step: whoever is
/// unlinked anywhere is dead, or has no link of its own.
class WatchBus {
 public:
  struct Node : WatchActions {
    Node(WatchBus& on, uint32_t its_number) : bus(on), number(its_number) {}
    bool link(uint32_t node) override;
    bool unlink(uint32_t node) override;
    bool in_recovery(uint32_t node) override { return recovering.test(node); }
    bool send(const Message& message) override;
    void inquire(uint64_t inquiry) override;
    bool fence(uint32_t node, uint32_t ticket, Clock::time_point missed) override;

    WatchBus& bus;
    const uint32_t number;
    std::unique_ptr<WatchCore> core;
    bool alive = true;       ///< the machine runs
    bool reached = true;     ///< corosync runs there and is heard
    bool elsewhere = false;  ///< a watch runs there, and keeps other volumes only
    NodeSet links;           ///< configfs; ends with the machine
    NodeSet recovering;
    bool uses() const { return alive && links.test(number); }
  };

  WatchBus(uint32_t nodes, uint32_t seed,
           const WatchCore::Patience& patience = {.lost = Milliseconds(0), .startup = Milliseconds(1000)});

  Node& node(uint32_t number) { return *nodes_.at(number); }
  /// The watch on it begins, or begins again after kill_watch().
  void start(uint32_t number);
  /// A watch begins on it that does not keep this volume.
  void start_elsewhere(uint32_t number);
  /// Unmounts, takes its links away and says good-bye.
  void leave(uint32_t number);
  void kill_watch(uint32_t number);
  /// Power cut.
  void crash(uint32_t number);
  /// Not heard of any more, but its machine runs on and uses the volume.
  void isolate(uint32_t number);
  void power_on(uint32_t number);
  /// Whether some other node has it for a member.
  bool anybody_misses(uint32_t number) const;

  /// Delivers what is under way, and lets time pass where nothing is; true if there was something.
  bool step();
  void settle();
  void let_time_pass(Milliseconds time);

  bool busy_at_times = false;  ///< does not take every message at the first try
  bool fencing_works = true;
  uint32_t cannot_fence = 0;  ///< the node on which no fencing works
  bool quorate = true;
  std::vector<std::string> log;
  std::string log_text() const;
  std::mt19937 random;

 private:
  struct Item {
    bool change = false;
    NodeSet members{}, joined{}, left{}, lost{};
    uint32_t from = 0;
    Message message{};
  };
  /// Between all watches, in whatever order compared to what the group of the volume is told.
  struct Inquiry {
    bool answer;
    uint32_t from, to;
    uint64_t number;
  };
  struct Fence {
    uint32_t by, node, ticket;
    int steps;
  };
  void change_group(const NodeSet& joined, const NodeSet& left, const NodeSet& lost);
  void deliver(const Item& item);
  void run_fences();
  void tell_all(bool answer, uint32_t from, uint64_t number);
  void deliver_inquiry();

  const WatchCore::Patience patience_;
  std::vector<std::unique_ptr<Node>> nodes_;  // [0] is not used
  NodeSet group_;
  std::deque<Item> queue_;
  std::vector<Fence> fences_;
  std::vector<Inquiry> inquiries_;
  Clock::time_point now_{};
  uint64_t sessions_ = 0;
};

}  // namespace o2member
