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
  uint64_t id = 0;          ///< counted by the log filter from 1 in each connection
  uint64_t offset = 0;      ///< bytes; 0 for flush
  uint64_t length = 0;      ///< bytes; 0 for flush
  bool fua = false;
  TimePoint at;                       ///< when it reached nbdkit, before any fault; microsecond resolution
  std::optional<TimePoint> finished;  ///< empty: hung, or nbdkit was killed; it may have reached the file
  std::string error;                  ///< "EIO"…: it did not reach the file; empty while unfinished or good

  /// It is in the shared file (for reads: it was answered).
  bool done() const { return finished && error.empty(); }
  bool changes_data() const { return kind == Kind::write || kind == Kind::trim || kind == Kind::zero; }
};

const char* name_of(DiskRequest::Kind kind);

/// Reads the log of nbdkit's log filter (nbdkit-log-filter(1), LOG FILE FORMAT) into requests, oldest first.
///
/// Can be fed a growing log piece by piece: a torn last line waits for its rest. Lines that are not
/// understood are skipped and counted. The log's wall time, which is UTC whatever the host's zone (gmtime_r
/// in the filter), becomes run time by wall_offset_ns(): a wall clock that is stepped during a run shifts the
/// requests after it.
class DiskLogParser {
 public:
  void feed(std::string_view text);
  const std::vector<DiskRequest>& requests() const { return requests_; }
  /// Lines without a readable stamp or with an action's fields missing (disk full while nbdkit wrote).
  size_t skipped() const { return skipped_; }

 private:
  void line(std::string_view text);
  bool request(std::string_view action, std::string_view fields, uint64_t connection, TimePoint at);

  std::string torn_;
  std::vector<DiskRequest> requests_;
  std::map<std::pair<uint64_t, uint64_t>, size_t> unfinished_;  ///< (connection, id) to index
  size_t skipped_ = 0;
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

 private:
  fs::path file_;
  UniqueFd fd_;
  DiskLogParser parser_;
};

}  // namespace o2lab
