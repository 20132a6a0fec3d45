// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/clock_pinger.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace o2lab {

namespace {

constexpr Duration kEvery = 1s;
/// An answer that long out was lost with the trace buffer, or its guest is suspended.
constexpr Duration kLost = 10s;
constexpr Duration kSlow = 10ms;
constexpr int kFollowUps = 4;

}  // namespace

void ClockPinger::ask() {
  // Noted before it is sent: the question left no earlier.
  asked_ = Clock::now();
  waiting_ = send_(fmt::format("clock={}\n", ++number_));
}

void ClockPinger::tick(TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (number_ == 0 || now - asked_ >= (waiting_ ? kLost : kEvery)) {
    first_ = true;
    ask();
  }
}

bool ClockPinger::take(const TraceLine& line, TimePoint at) {
  if (line.event != "tracing_mark_write") return false;
  const auto number = line.fields.find("clock");
  if (number == line.fields.end()) return false;
  const std::lock_guard lock(mutex_);
  if (!waiting_ || number->second != std::to_string(number_)) return true;
  waiting_ = false;
  samples_.push_back({to_ns(asked_), std::llround(line.guest_seconds * 1e9), to_ns(at)});
  // Slow: the machine was busy, or the guest stood still; ask again rather than live with it.
  if (std::exchange(first_, false) && at - asked_ > kSlow) more_at_once_ += kFollowUps;
  if (more_at_once_ > 0) {
    --more_at_once_;
    ask();
  }
  return true;
}

GuestClock ClockPinger::clock() const {
  const std::lock_guard lock(mutex_);
  return GuestClock(samples_);
}

}  // namespace o2lab
