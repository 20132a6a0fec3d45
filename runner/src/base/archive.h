// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"

struct archive;

namespace o2lab {

struct Digest {
  uint64_t size = 0;   ///< bytes
  std::string sha256;  ///< 64 hex digits, lower case
  bool operator==(const Digest&) const = default;
};

/// These throw infra naming the file when it cannot be read.
UniqueFd open_to_read(const fs::path& file);
Digest digest_of(const fs::path& file);

/// Writes a .tar.zst, all of it below one folder. What is not closed is no whole archive. Throws infra naming
/// the archive when it cannot be written (no space included), and the file that cannot be read.
class TarWriter {
 public:
  TarWriter(const fs::path& file, std::string top);
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  /// A regular file `name` below the top folder, with these permissions. A file counts with the size
  /// it had at first: what cannot be read of that is zeros. Nothing is added when `from` cannot be opened.
  Digest add_file(const std::string& name, const fs::path& from, unsigned mode = 0644);
  Digest add_text(const std::string& name, std::string_view text, unsigned mode = 0644);
  void close();

 private:
  void header(const std::string& name, uint64_t size, unsigned mode);
  void data(const char* bytes, size_t size);

  struct Free {
    void operator()(::archive* a) const;
  };
  fs::path file_;
  std::string top_;
  std::unique_ptr<::archive, Free> archive_;
};

/// What extract_tar() takes at most.
struct ExtractLimits {
  uint64_t bytes = 16ULL << 30;  ///< of all files together
  uint64_t entries = 100000;
};

/// Extracts a tar, compressed in any way that libarchive knows, below `into`, and returns the one folder that
/// all of it lies in. Takes regular files and folders only: throws input naming the archive and the entry for
/// a name that leads outside, a link, a device, an entry outside the one folder, more than the limits allow,
/// and for what is no archive or ends early; infra when it cannot be written.
fs::path extract_tar(const fs::path& file, const fs::path& into, const ExtractLimits& limits = {});

}  // namespace o2lab
