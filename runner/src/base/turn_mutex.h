// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <mutex>

namespace o2lab {

/// A mutex that a thread which takes it again and again cannot keep from the others: who waits has the next
/// turn. (std::mutex promises none; glibc's let a busy thread hold out for seconds, see
/// pthread_mutex_lock(3).) Meets BasicLockable.
class TurnMutex {
 public:
  void lock() {
    const std::lock_guard turn(next_);
    held_.lock();
  }
  void unlock() { held_.unlock(); }

 private:
  std::mutex next_;  // held while waiting for the other, and never for longer
  std::mutex held_;
};

}  // namespace o2lab
