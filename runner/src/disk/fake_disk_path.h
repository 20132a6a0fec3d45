// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <utility>

#include "base/error.h"
#include "base/event_log.h"
#include "disk/disk_path.h"

namespace o2lab {

/// A DiskPath without a process, for tests of later stages: says the same events, and dies when told to. Not
/// for several threads.
class FakeDiskPath final : public DiskPath {
 public:
  FakeDiskPath(int node, EventLog* log, fs::path log_file = {})
      : node_(node), log_(log), log_file_(std::move(log_file)) {}

  /// As if nbdkit had been killed.
  void die() {
    alive_ = false;
    event("disk_path_died");
  }

  int node() const override { return node_; }
  fs::path socket() const override { return fmt::format("/nowhere/disk0-node{}.nbd", node_); }
  fs::path log_file() const override { return log_file_; }
  bool alive() override { return alive_; }
  void hang() override { set(hung_, true, "disk_hang"); }
  void release() override { set(hung_, false, "disk_released"); }
  void fail_reads(bool on) override { set(reads_fail_, on, on ? "fail_reads_on" : "fail_reads_off"); }
  void fail_writes(bool on) override { set(writes_fail_, on, on ? "fail_writes_on" : "fail_writes_off"); }
  bool hung() const override { return hung_; }
  bool reads_fail() const override { return reads_fail_; }
  bool writes_fail() const override { return writes_fail_; }

 private:
  void set(bool& state, bool on, const char* kind) {
    if (state == on) return;
    if (!alive_) fail(ErrorKind::infra, "disk path of node {}: nbdkit has gone", node_);
    state = on;
    event(kind);
  }
  void event(const char* kind) {
    if (log_ != nullptr) log_->add(node_, "disk", kind, {{"disk", "shared0"}});
  }

  int node_;
  EventLog* log_;
  fs::path log_file_;
  bool alive_ = true;
  bool hung_ = false;
  bool reads_fail_ = false;
  bool writes_fail_ = false;
};

}  // namespace o2lab
