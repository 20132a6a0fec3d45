// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/fd.h"

namespace o2lab {

/// One node's way to one shared disk, with its faults. All methods from any thread; setting a fault that is
/// set already is no error and no event. A method that changes a fault throws infra when the path has died.
///
/// Events, source "disk", fields {"disk": "shared0"}: disk_hang, disk_released, fail_reads_on,
/// fail_reads_off, fail_writes_on, fail_writes_off; stamped when the fault holds;
/// disk_path_died when requests can no longer be answered.
class DiskPath {
 public:
  virtual ~DiskPath() = default;

  virtual int node() const = 0;
  /// NBD server, unix socket, default export: for `<source protocol='nbd'><host transport='unix' socket=…/>`.
  virtual fs::path socket() const = 0;
  /// For DiskLog.
  virtual fs::path log_file() const = 0;
  /// Whether requests can still be answered. A path that has died does not come back.
  virtual bool alive() = 0;

  /// From its return on no read, write, trim or zero is answered or reaches the file, and every one asked
  /// before has been answered. Flushes are still answered (all that was acknowledged is in the file).
  virtual void hang() = 0;
  /// What was held reaches the file, as late writes of a storage network would, even if its node is dead by
  /// now. To lose it instead: fail_writes(true) before release().
  virtual void release() = 0;
  /// Reads asked from now on end with EIO.
  virtual void fail_reads(bool on) = 0;
  /// Writes, trims and zeroes that have not reached the file yet end with EIO and leave the file alone.
  virtual void fail_writes(bool on) = 0;

  virtual bool hung() const = 0;
  virtual bool reads_fail() const = 0;
  virtual bool writes_fail() const = 0;

  /// As new: released, nothing fails.
  void heal() {
    fail_reads(false);
    fail_writes(false);
    release();
  }

 protected:
  DiskPath() = default;
  DiskPath(const DiskPath&) = default;
  DiskPath& operator=(const DiskPath&) = default;
};

}  // namespace o2lab
