// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/event_log.h"
#include "ssh/remote_shell.h"
#include "ssh/session.h"

namespace o2lab {

/// RemoteShell over libssh: one session kept open for run(), one more for each start().
class SshConnection : public RemoteShell {
 public:
  /// Connects and logs in; throws timeout, node_gone, or infra (host key mismatch, login refused, no server).
  /// `gone` is raised by whoever learns first that the node is no more (QEMU exited, panic, reset); it and
  /// `log` (may be null: source "ssh", kind "command") must outlive the connection.
  static std::unique_ptr<SshConnection> connect(const SshTarget& target, Deadline deadline,
                                                const StopFd& gone, EventLog* log = nullptr);

  const std::string& node() const override { return target_.node; }
  /// A session that was lost, or had to be dropped after a time-out, is made anew first.
  CommandResult run(const std::string& command, Deadline deadline, std::string_view input = {}) override;
  /// Has 20 s to connect.
  std::unique_ptr<RemoteProcess> start(const std::string& command, LineCallback on_line) override;

 private:
  SshConnection(const SshTarget& target, const StopFd& gone, EventLog* log)
      : target_(target), gone_(gone), log_(log) {}
  CommandResult run_locked(const std::string& command, Deadline deadline, std::string_view input);

  const SshTarget target_;
  const StopFd& gone_;
  EventLog* const log_;
  std::timed_mutex mutex_;
  std::unique_ptr<SshSession> session_;  ///< null while there is no usable one
};

}  // namespace o2lab
