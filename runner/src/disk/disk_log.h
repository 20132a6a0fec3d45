// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"

namespace o2lab {

/// One request that a node made of its disk path. What "at" and "finished" enclose includes the time for
/// which the path was hung.
struct DiskRequest {
  enum class Kind { read, write, flush, trim, zero };
  Kind kind = Kind::read;
  uint64_t connection = 0;  ///< counted by nbdkit from 1; a QEMU that starts anew makes a new one
  uint64_t id = 0;          ///< counted from 1 in each connection
  uint64_t offset = 0;      ///< bytes; 0 for flush
  uint64_t length = 0;      ///< bytes; 0 for flush
  bool fua = false;
  std::vector<std::byte> content;     ///< all bytes of a write of at most 512; empty for any other request
  TimePoint at;                       ///< when it reached nbdkit, before any fault
  std::optional<TimePoint> finished;  ///< empty: hung, or nbdkit was killed; it may have reached the file
  std::string error;                  ///< "EIO"…: it did not reach the file; empty while unfinished or good

  /// It is in the shared file (for reads: it was answered).
  bool done() const { return finished && error.empty(); }
  bool changes_data() const { return kind == Kind::write || kind == Kind::trim || kind == Kind::zero; }
};

const char* name_of(DiskRequest::Kind kind);

/// Reads what the nbdkit filter of runner/nbdkit/ writes down: requests, oldest first. A line begins with
/// nanoseconds of CLOCK_MONOTONIC; then
/// - `ready`: a new nbdkit, which counts from 1 again
/// - `CONNECTION.ID KIND OFFSET LENGTH [fua] [data=HEX]`: a request arrives; HEX lacks the zeros at its end
/// - `CONNECTION.ID done`, `CONNECTION.ID failed EIO`: it is answered
/// - `rule NUMBER RULE`: that DiskRule (its text_of()) holds from here on; `rule-over NUMBER`: it goes
/// - `full`: the log has reached its limit, nothing follows
///
/// Can be fed a growing log piece by piece: a torn last line waits for its rest. Lines that are not
/// understood are skipped and counted.
class DiskLogParser {
 public:
  void feed(std::string_view text);
  const std::vector<DiskRequest>& requests() const { return requests_; }
  /// Lines without a readable stamp or with fields missing (disk full while nbdkit wrote).
  size_t skipped() const { return skipped_; }
  /// The log has reached its limit: what came after is not in it.
  bool full() const { return full_; }

 private:
  void line(std::string_view text);
  bool event(std::string_view text, TimePoint at);
  bool request(std::string_view text, uint64_t connection, uint64_t id, TimePoint at);
  bool ended(std::string_view text, uint64_t connection, uint64_t id, TimePoint at);

  std::string torn_;
  std::vector<DiskRequest> requests_;
  std::map<std::pair<uint64_t, uint64_t>, size_t> unfinished_;  ///< (connection, id) to index
  size_t skipped_ = 0;
  bool full_ = false;
};

/// The log file of one path, read as far as it goes each time refresh() is called.
class DiskLog {
 public:
  explicit DiskLog(fs::path file) : file_(std::move(file)) {}
  /// Takes in what was appended; a file that is not there yet is an empty one. Throws infra when it cannot be
  /// read.
  void refresh();
  const std::vector<DiskRequest>& requests() const { return parser_.requests(); }
  size_t skipped() const { return parser_.skipped(); }
  bool full() const { return parser_.full(); }

 private:
  fs::path file_;
  UniqueFd fd_;
  DiskLogParser parser_;
};

}  // namespace o2lab
