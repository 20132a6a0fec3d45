// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"

namespace o2lab {

/// A frame on its way between two ports (by index).
struct HeldFrame {
  size_t from = 0;
  size_t to = 0;
  std::vector<std::byte> bytes;
};

/// Frames that must wait, and a timerfd that becomes readable when the first of them may go on. Frames of the
/// same time go in the order in which they came.
class HeldFrames {
 public:
  /// When it may go on, and its place among those of the same time.
  using Id = std::pair<TimePoint, uint64_t>;

  HeldFrames();
  int fd() const { return timer_.get(); }

  Id add(TimePoint due, HeldFrame frame);
  /// To another time, behind those that are there for it.
  Id move(Id id, TimePoint due);
  /// Out of its turn; it is there.
  HeldFrame take(Id id);
  /// The next one that may go on at `now`; nothing when none may.
  std::optional<std::pair<Id, HeldFrame>> take_due(TimePoint now);
  /// Those between these two; says how many.
  size_t drop(size_t from, size_t to);
  /// Sets the timer; to be called after any of the others.
  void arm();
  /// Reads it.
  void acknowledge() const;

 private:
  std::map<Id, HeldFrame> frames_;
  uint64_t next_ = 0;
  UniqueFd timer_;
  std::optional<TimePoint> armed_;
};

}  // namespace o2lab
