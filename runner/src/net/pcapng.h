// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "net/frame.h"

namespace o2lab {

/// Writes a pcapng file (draft-ietf-opsawg-pcapng): one section, little-endian, Ethernet, nanosecond stamps.
///
/// Written in memory and handed to the kernel by flush() or when a buffer is full. After the first failed
/// write (disk full) nothing more is written and error() says why; the file then ends after its last whole
/// buffer.
class PcapngWriter {
 public:
  /// Replaces the file; throws infra naming it when it cannot be created.
  explicit PcapngWriter(const fs::path& file);
  ~PcapngWriter();
  PcapngWriter(const PcapngWriter&) = delete;
  PcapngWriter& operator=(const PcapngWriter&) = delete;

  /// Declares an interface; the number that add_frame() wants (0, 1, 2, …).
  uint32_t add_interface(std::string_view name);
  /// `wall_ns` is nanoseconds since 1970. An empty comment is left out.
  void add_frame(uint32_t interface, int64_t wall_ns, Frame frame, std::string_view comment = {});

  void flush();
  /// Something waits for flush().
  bool pending() const { return !buffer_.empty(); }
  /// Why the file is incomplete, with its name; empty while it is not.
  const std::string& error() const { return error_; }

 private:
  void put16(uint16_t value);
  void put32(uint32_t value);
  void put_padded(const void* data, size_t size);
  void put_option(uint16_t code, std::string_view value);
  size_t begin_block(uint32_t type);
  void end_block(size_t start);

  fs::path path_;
  UniqueFd fd_;
  std::string buffer_;
  std::string error_;
  uint32_t interfaces_ = 0;
};

}  // namespace o2lab
