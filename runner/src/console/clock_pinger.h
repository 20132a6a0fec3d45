// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "console/guest_clock.h"
#include "console/trace_line.h"

namespace o2lab {

/// Keeps asking one incarnation of a node for its clock: init writes what comes in by the trace port into the
/// trace (images/init/trace.c), which comes back stamped with the trace clock. One question at a time, a few
/// at once to begin with and whenever an answer took long, then one a second. All methods from any thread.
class ClockPinger {
 public:
  /// Sends a line to the guest; false when it cannot just now.
  using Send = std::function<bool(std::string_view)>;
  explicit ClockPinger(Send send) : send_(std::move(send)) {}

  /// To be called every now and then (ReaderLoop::tick()); asks when it is time to.
  void tick(TimePoint now);
  /// True, and the line taken, when it is an answer.
  bool take(const TraceLine& line, TimePoint at);
  /// All answers so far.
  GuestClock clock() const;

 private:
  void ask();

  const Send send_;
  mutable std::mutex mutex_;
  std::vector<ClockSample> samples_;
  int64_t number_ = 0;    // of the question that is out, or was last
  bool waiting_ = false;  // for its answer
  bool first_ = false;    // it is not one that followed an answer
  int more_at_once_ = 8;  // questions that follow an answer without delay
  TimePoint asked_;
};

}  // namespace o2lab
