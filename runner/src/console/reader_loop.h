// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/fd.h"

namespace o2lab {

/// One thread that waits for many descriptors (epoll(7), level-triggered): the consoles and trace ports of
/// all nodes.
class ReaderLoop {
 public:
  /// Called on the loop's thread when the descriptor is readable or hung up. Must not block and must not
  /// throw.
  using Ready = std::function<void()>;

  ReaderLoop();
  ~ReaderLoop();
  ReaderLoop(const ReaderLoop&) = delete;
  ReaderLoop& operator=(const ReaderLoop&) = delete;

  /// Starts watching; throws infra. The descriptor must stay open until unwatch().
  void watch(int fd, Ready ready);
  /// Stops watching. From another thread it returns after a callback that runs has ended, so no lock that a
  /// callback takes may be held.
  void unwatch(int fd);
  /// Calls `job` about every 200 ms on the loop's thread, until untick() with the same owner.
  void tick(const void* owner, Ready job);
  void untick(const void* owner);
  /// Runs `job` while no callback runs, from any thread; a callback may call it too.
  void exclusively(const std::function<void()>& job);

 private:
  void serve();
  void run_ticks();
  void dispatch(int fd, uint64_t generation);

  const UniqueFd epoll_;
  const StopFd stop_;
  // Recursive: a callback may watch and unwatch.
  std::recursive_mutex mutex_;
  struct Watched {
    uint64_t generation;
    std::shared_ptr<Ready> ready;
  };
  std::map<int, Watched> watched_;
  std::map<const void*, Ready> ticks_;
  uint64_t generation_ = 0;
  std::thread thread_;
};

}  // namespace o2lab
