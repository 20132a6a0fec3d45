// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace o2lab {

/// The one clock of a run: CLOCK_MONOTONIC of the host. std::chrono::steady_clock is that clock on Linux
/// (clock_gettime(2)).
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// Nanoseconds of CLOCK_MONOTONIC, as written to events.jsonl.
inline int64_t to_ns(TimePoint t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}
inline TimePoint from_ns(int64_t ns) {
  return TimePoint(std::chrono::nanoseconds(ns));
}
inline double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

/// Wall clock minus monotonic clock, taken once a process, so that every stamp of a run converts the same
/// way.
int64_t wall_offset_ns();

/// "2026-11-22T15:50:03.123456Z" for a stamp of the run clock.
std::string wall_time(TimePoint t);

/// "1.25 s", "340 ms", "12 us": for people.
std::string human(Duration d);

/// A point after which nobody waits any longer.
class Deadline {
 public:
  static Deadline in(Duration d) { return Deadline(Clock::now() + d); }
  static Deadline at(TimePoint t) { return Deadline(t); }
  TimePoint when() const { return when_; }
  bool passed() const { return Clock::now() >= when_; }
  /// Time left, never negative.
  Duration left() const;
  /// For poll(2): milliseconds left, rounded up, at most `cap`.
  int poll_ms(int cap = 1000) const;

 private:
  explicit Deadline(TimePoint t) : when_(t) {}
  TimePoint when_;
};

}  // namespace o2lab
