// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "base/process.h"
#include "ssh/keys.h"
#include "ssh/session.h"

namespace o2lab {

/// A real Dropbear on 127.0.0.1 for component tests, with the keys of one run, in mount and PID namespaces of
/// its own: root's home is a temporary folder there, and everything that it started dies with it.
class DropbearForTest {
 public:
  /// Why it cannot run here; empty when it can.
  static std::string missing();

  DropbearForTest();
  ~DropbearForTest();
  const SshTarget& target() const { return target_; }
  const RunKeys& keys() const { return keys_; }
  const fs::path& dir() const { return dir_; }
  /// SIGKILL to the server and all its children.
  void kill();
  /// Starts it (again) on the same port.
  void start();

 private:
  const fs::path dir_;
  const RunKeys keys_;
  SshTarget target_;
  std::optional<Process> process_;
};

}  // namespace o2lab
