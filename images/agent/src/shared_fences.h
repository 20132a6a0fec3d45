// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>

#include "fence_runner.h"
#include "host.h"
#include "watch_core.h"

namespace o2member {

/// The fencing command for all volumes of a watch. One for a node is enough: its success is the proof for
/// each volume that had missed the node before the command began. After it is made nothing here allocates
/// memory.
class SharedFences {
 public:
  struct Result {
    uint32_t node;
    Clock::time_point began;  ///< the command
    bool success;
  };

  /// As FenceRunner.
  explicit SharedFences(const std::string& command, Milliseconds limit = kFenceLimit)
      : runner_(command, limit) {}

  int descriptor() const { return runner_.descriptor(); }
  /// Runs the command, unless one runs for this node that began since it was missed; what an earlier one
  /// brings is told to nobody then. False when it cannot be run.
  bool ask(uint32_t node, const char* name, Clock::time_point missed, Clock::time_point now);
  /// False when there is none; throws Failure when no command can be run any more.
  bool next(Result& result);

 private:
  FenceRunner runner_;
  uint32_t last_ = 0;
  std::array<uint32_t, kMaxNodes> running_{};  ///< the newest command of each node, 0: none
  std::array<Clock::time_point, kMaxNodes> began_{};
};

/// What one volume waits for of them.
class AwaitedFences {
 public:
  /// The core wants `node` fenced, which it has missed since then.
  void ask(uint32_t node, uint32_t ticket, Clock::time_point missed);
  void forget(uint32_t node) { asked_.reset(node); }
  /// Gives the core its answer, if it waits for one of this node. A command that began before the node was
  /// missed proves nothing: it counts as failed, and is asked for again.
  void answer(const SharedFences::Result& result, WatchCore& core, Clock::time_point now);

 private:
  NodeSet asked_;
  std::array<uint32_t, kMaxNodes> tickets_{};
  std::array<Clock::time_point, kMaxNodes> missed_{};
};

}  // namespace o2member
