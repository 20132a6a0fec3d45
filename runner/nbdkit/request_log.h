// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace o2lab {

/// Where every request of a path is written down, for DiskLogParser (src/disk/disk_log.h tells the format).
/// A line is one write(2), so that whoever reads sees it at once and nothing is lost when nbdkit is killed;
/// nothing is synced. All methods from any thread.
class RequestLog {
 public:
  struct Limits {
    uint64_t bytes = 1ULL << 30;  ///< of the file; nothing is written down beyond
    size_t content = 512;         ///< writes up to this many bytes are written down with their content
  };

  /// Appends to `file`; throws infra naming it.
  RequestLog(const std::string& file, Limits limits);

  void asked(uint64_t connection, uint64_t id, std::string_view kind, uint64_t offset, uint64_t length,
             bool fua, std::span<const std::byte> content);
  void ended(uint64_t connection, uint64_t id, int error);
  /// Anything else: "ready", "rule …".
  void note(std::string_view text);

 private:
  void line(std::string_view text);

  std::mutex mutex_;
  UniqueFd fd_;
  Limits limits_;
  uint64_t written_ = 0;
  bool full_ = false;
};

}  // namespace o2lab
