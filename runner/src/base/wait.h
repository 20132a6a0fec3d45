// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace o2lab {

/// What a predicate saw when it looked: the answer, and the words for "last seen: …" when the wait fails.
struct Seen {
  bool done = false;
  std::string last;
};

/// Where things that happen are announced and where everything waits. One a lab; all methods from any thread.
///
/// A wait ends when its predicate holds, when its deadline passes (Error timeout, with what it last saw), or
/// at once when an interrupt has something to say (a node panicked, a QEMU exited, the user pressed Ctrl-C).
class WaitHub {
 public:
  /// Asked on every turn of every wait; a value ends the wait with that error.
  using Interrupt = std::function<std::optional<Error>()>;
  using Predicate = std::function<Seen()>;

  /// Something changed: every waiting predicate is asked again.
  void notify();

  /// Keeps the interrupt installed while it lives.
  class Guard {
   public:
    Guard(WaitHub* hub, std::list<Interrupt>::iterator at) : hub_(hub), at_(at) {}
    Guard(Guard&& other) noexcept : hub_(std::exchange(other.hub_, nullptr)), at_(other.at_) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard();

   private:
    WaitHub* hub_;
    std::list<Interrupt>::iterator at_;
  };
  [[nodiscard]] Guard add_interrupt(Interrupt interrupt);

  /// Throws the first error that an interrupt reports; for long work that is not a wait.
  void check();

  /// When a wait asks its predicate again.
  enum class Ask {
    on_notice,  ///< whenever something is announced, and after `every`: for what this process knows
    polled,     ///< after `every` only: for what must be fetched from a node, where each question costs
  };
  /// Waits until `predicate` says done. Interrupts end it at once either way.
  void wait(const std::string& what, Deadline deadline, const Predicate& predicate, Duration every = 100ms,
            Ask ask = Ask::on_notice);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t generation_ = 0;
  std::list<Interrupt> interrupts_;
};

}  // namespace o2lab
