// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace o2lab {

/// One line of a byte stream (console, output of a remote command), without its line end.
struct StampedLine {
  std::string text;
  TimePoint at;          ///< arrival of the line's first byte
  uint64_t offset = 0;   ///< of the line's first byte in the stream
  bool cut = false;      ///< longer than the limit: the rest of it was dropped
  bool partial = false;  ///< the stream ended before the line did
};

/// Cuts a byte stream into lines: ends at LF, drops CRs before it, keeps every other byte as it is.
class LineSplitter {
 public:
  using Callback = std::function<void(const StampedLine&)>;

  /// A line keeps at most `limit` bytes, so that a stream with no line ends cannot fill the memory.
  explicit LineSplitter(Callback on_line, size_t limit = 4096)
      : on_line_(std::move(on_line)), limit_(limit) {}

  /// The next bytes, which arrived at `at`; calls back for every line that they complete.
  void feed(std::string_view bytes, TimePoint at);
  /// End of the stream: calls back for a last line that has no end.
  void finish();
  /// Bytes fed so far.
  uint64_t position() const { return position_; }

 private:
  void append(std::string_view part, TimePoint at);
  void deliver(bool partial);

  Callback on_line_;
  size_t limit_;
  uint64_t position_ = 0;
  bool open_ = false;
  StampedLine line_;
};

}  // namespace o2lab
