// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "base/fd.h"
#include "base/line_splitter.h"
#include "console/reader_loop.h"

namespace o2lab {

/// A unix socket to which a QEMU connects as client (libvirt: `<serial type='unix'><source mode='connect'
/// path=…/>`, the same for a channel): its bytes as stamped lines and as a raw file. A QEMU that comes after
/// another has gone is taken too; offsets count on, and so do they in the file.
class LineSource {
 public:
  struct Options {
    fs::path socket;    ///< at most 107 bytes
    fs::path raw_file;  ///< every byte is appended as soon as it has arrived; empty: none
    std::function<void(const StampedLine&)>
        on_line;  ///< callbacks run on the loop's thread, and must not throw
    std::function<void()> on_connect;
    std::function<void()> on_end;  ///< end of stream: this QEMU is gone; after its last line
  };

  /// Listens from now on; throws infra or environment naming the path. `loop` must outlive it.
  LineSource(ReaderLoop& loop, Options options);
  /// Afterwards no callback runs any more. Not to be called from one.
  ~LineSource();
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  /// Bytes so far, which is also the length of the raw file: a mark for console_since().
  uint64_t position() const;
  bool connected() const;
  /// Takes what has arrived but was not read yet, as when a node's QEMU has just ended and its last words
  /// count.
  void drain();
  /// Writes `text` to the QEMU at the other end; false when there is none or it takes no more just now.
  bool send(std::string_view text);
  /// Why the raw file is not complete (disk full); empty when it is.
  std::string write_error() const;

 private:
  void accept_client();
  /// Reads until the socket is empty, or `budget` bytes, so that one chatty node does not hold up the others.
  void read_client(size_t budget);
  void end_client();
  void keep_raw(std::string_view bytes);

  ReaderLoop& loop_;
  const Options options_;
  const UniqueFd listener_;
  UniqueFd client_;
  UniqueFd raw_;
  std::string write_error_;
  LineSplitter splitter_;
};

}  // namespace o2lab
