// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/wait.h"
#include "console/line_source.h"
#include "console/reader_loop.h"
#include "vm/accel.h"

namespace o2lab {

/// What the machines that the bench compares have in common.
struct PlainMachine {
  uint64_t memory = 0;  ///< bytes
  int vcpus = 1;
  Accel accel = Accel::tcg;
  fs::path runtime_dir;  ///< for sockets
};

/// QEMU's command line for one with nothing in it but what is added.
std::vector<std::string> plain_command(const PlainMachine& machine);

/// A QEMU that the bench starts by itself, its first serial port read for the one line that counts. Ends with
/// the object.
class PlainQemu {
 public:
  /// `name` is for messages and files; `wanted` is asked for each line, on another thread. `stop` ends a
  /// wait.
  PlainQemu(std::string name, std::vector<std::string> command, const fs::path& runtime_dir,
            const StopFd& stop, std::function<bool(const std::string&)> wanted);

  TimePoint asked() const { return asked_; }
  /// When that line came. Throws infra with the last one when it does not, or QEMU ends before.
  TimePoint wait_line(Duration limit);

 private:
  std::string name_;
  fs::path messages_;
  WaitHub hub_;
  WaitHub::Guard guard_;
  std::mutex mutex_;
  std::optional<TimePoint> reached_;
  bool ended_ = false;
  std::string last_ = "no console output";
  ReaderLoop readers_;
  std::optional<LineSource> console_;
  TimePoint asked_;
  std::optional<Process> qemu_;
};

}  // namespace o2lab
