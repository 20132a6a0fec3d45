// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/wait.h"

#include <algorithm>
#include <vector>

namespace o2lab {

void WaitHub::notify() {
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
  }
  changed_.notify_all();
}

WaitHub::Guard::~Guard() {
  if (hub_ == nullptr) return;
  const std::lock_guard lock(hub_->mutex_);
  hub_->interrupts_.erase(at_);
}

WaitHub::Guard WaitHub::add_interrupt(Interrupt interrupt) {
  const std::lock_guard lock(mutex_);
  return Guard(this, interrupts_.insert(interrupts_.end(), std::move(interrupt)));
}

void WaitHub::check() {
  std::vector<Interrupt> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.assign(interrupts_.begin(), interrupts_.end());
  }
  for (const Interrupt& interrupt : asked)
    if (std::optional<Error> error = interrupt()) throw *error;
}

void WaitHub::wait(const std::string& what, Deadline deadline, const Predicate& predicate, Duration every,
                   Ask ask) {
  const TimePoint start = Clock::now();
  for (;;) {
    uint64_t before = 0;
    {
      const std::lock_guard lock(mutex_);
      before = generation_;
    }
    check();
    const Seen seen = predicate();
    if (seen.done) return;
    if (deadline.passed())
      fail(ErrorKind::timeout, "waited {} for {}; last seen: {}", human(Clock::now() - start), what,
           seen.last.empty() ? "nothing" : seen.last);
    const TimePoint next = std::min(Clock::now() + every, deadline.when());
    while (Clock::now() < next) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, next, [&] { return generation_ != before; });
        before = generation_;
      }
      if (ask == Ask::on_notice) break;
      check();
    }
  }
}

}  // namespace o2lab
