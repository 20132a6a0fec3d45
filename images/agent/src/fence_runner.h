// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "host.h"

namespace o2member {

inline constexpr Milliseconds kFenceLimit{120'000};

/// Runs the fencing command in a process of its own, so that the watch, whose memory is locked and whose disk
/// may hang, never forks. One command at a time for a node.
class FenceRunner {
 public:
  struct Result {
    uint32_t node;
    uint32_t ticket;
    bool success;
  };

  /// Starts the process; `command` is run by /bin/sh with the node's name as its last argument, and its exit
  /// status 0 is the proof that the node is dead. One that runs longer than `limit` is killed and has failed.
  /// Throws Failure.
  explicit FenceRunner(const std::string& command, Milliseconds limit = kFenceLimit);
  FenceRunner(const FenceRunner&) = delete;
  FenceRunner& operator=(const FenceRunner&) = delete;
  ~FenceRunner();

  /// Readable when there is a result, and at its end when the process is gone.
  int descriptor() const { return socket_; }
  /// Names longer than 63 bytes are cut by nobody: false. Does not block and allocates nothing.
  bool ask(uint32_t node, uint32_t ticket, const char* name);
  /// False when there is none; throws Failure when the process is gone.
  bool next(Result& result);

 private:
  int socket_ = -1;
  pid_t pid_ = -1;
};

}  // namespace o2member
