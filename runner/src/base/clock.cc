// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace o2lab {

int64_t wall_offset_ns() {
  static const int64_t offset = [] {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count() - to_ns(Clock::now());
  }();
  return offset;
}

std::string wall_time(TimePoint t) {
  const int64_t ns = to_ns(t) + wall_offset_ns();
  const std::time_t seconds = static_cast<std::time_t>(ns / 1'000'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds), (ns % 1'000'000'000) / 1000);
}

std::string human(Duration d) {
  const double s = to_seconds(d);
  if (s >= 100) return fmt::format("{:.0f} s", s);
  if (s >= 1) return fmt::format("{:.2f} s", s);
  if (s >= 0.001) return fmt::format("{:.0f} ms", s * 1e3);
  return fmt::format("{:.0f} us", s * 1e6);
}

Duration Deadline::left() const {
  return std::max<Duration>(when_ - Clock::now(), Duration::zero());
}

int Deadline::poll_ms(int cap) const {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left()).count();
  return static_cast<int>(std::min<int64_t>(ms, cap));
}

}  // namespace o2lab
