// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/fd.h"

namespace o2lab {

/// The raw file behind one shared disk: sparse, all holes at first, removed with the object unless kept.
///
/// The first sector being a hole is what makes QEMU's cache=none unsafe on it (FACTS, trap 1), so nodes go
/// through a DiskPath each; only a case that shows the trap hands path() to QEMU.
class SharedDisk {
 public:
  /// Replaces `file`. `bytes` is a positive multiple of 512 (else input). Throws environment when the file
  /// system has less room than a freshly made OCFS2 needs (64 MiB, or the whole disk if that is smaller).
  SharedDisk(const fs::path& file, uint64_t bytes);
  ~SharedDisk();
  SharedDisk(const SharedDisk&) = delete;
  SharedDisk& operator=(const SharedDisk&) = delete;

  const fs::path& path() const { return path_; }
  uint64_t size() const { return size_; }
  /// The file stays when the object goes.
  void keep() { keep_ = true; }

  /// What every node's path would read now (all of them and this go through the host's page cache). A sector
  /// that a node is just writing may come half old, half new: the host's page cache, unlike a disk, promises
  /// no whole sectors. Throws input when the range is not inside the disk.
  std::vector<std::byte> read(uint64_t offset, size_t length) const;

  /// Takes the content of `image`, which has the same size, while no node uses the disk and nothing was
  /// written to it yet. Throws infra naming both.
  void fill_from(const fs::path& image);

  /// A copy with the same holes; shares blocks where the file system can. Whole only when no node writes
  /// meanwhile. Throws infra naming the copy (no space included), which is then removed.
  void copy_sparse_to(const fs::path& copy) const;

 private:
  fs::path path_;
  uint64_t size_;
  UniqueFd fd_;
  bool keep_ = false;
};

}  // namespace o2lab
