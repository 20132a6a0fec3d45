// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/fd.h"
#include "disk/disk_rule.h"

namespace o2lab {

/// One node's way to one shared disk, with its faults. All methods from any thread; setting a fault that is
/// set already is no error and no event. A method that changes a fault throws infra when the path has died.
///
/// Events, source "disk", fields {"disk": "shared0"}: disk_hang, disk_released, fail_reads_on,
/// fail_reads_off, fail_writes_on, fail_writes_off; stamped when the fault holds; disk_fault_on and
/// disk_fault_off for set() and clear(), both with fault, of, operations and what the rule has of offset,
/// length, delay_ms, jitter_ms and bytes_per_second; disk_path_died when requests can no longer be answered;
/// disk_path_full when so many requests were held that QEMU kept the others back.
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

  /// From its return on the rule holds: every request that it is for and that was asked before has been
  /// answered or is held by it. Rules add up; the same one may be set twice. `of` says in events what the
  /// range is ("heartbeat"). Returns the rule's number, which is never used again.
  virtual int set(const DiskRule& rule, const std::string& of) = 0;
  /// The rule goes, and with it its hold on requests; a number that is not set is no error.
  virtual void clear(int number) = 0;

  /// From its return on no read, write, trim or zero is answered or reaches the file, and every one asked
  /// before has been answered. Flushes are still answered (all that was acknowledged is in the file).
  virtual void hang() = 0;
  /// What was held reaches the file, as late writes of a storage network would, even if its node is dead by
  /// now. To lose it instead: fail_writes(true) before release().
  virtual void release() = 0;
  /// Reads that have not been answered yet end with EIO.
  virtual void fail_reads(bool on) = 0;
  /// Writes, trims and zeroes that have not reached the file yet end with EIO and leave the file alone.
  virtual void fail_writes(bool on) = 0;

  virtual bool hung() const = 0;
  virtual bool reads_fail() const = 0;
  virtual bool writes_fail() const = 0;
  /// Whether any fault is set.
  virtual bool faulty() const = 0;

  /// As new: nothing is held and nothing fails.
  virtual void heal() = 0;
  /// What is held is lost, and so is every write from now on: fail_writes(true), then every other fault goes.
  virtual void drop() = 0;

 protected:
  DiskPath() = default;
  DiskPath(const DiskPath&) = default;
  DiskPath& operator=(const DiskPath&) = default;
};

}  // namespace o2lab
