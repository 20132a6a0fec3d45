// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

#include "base/event_log.h"
#include "ssh/channel.h"
#include "ssh/remote_shell.h"
#include "ssh/session.h"

namespace o2lab {

/// A long-running command: a session and a thread of its own.
class SshProcess final : public RemoteProcess {
 public:
  /// Connects and starts the command; throws as SshSession. Lines that arrive with the server's answer call
  /// `on_line` from here, all others on the thread.
  SshProcess(const SshTarget& target, const std::string& command, LineCallback on_line, Deadline deadline,
             const StopFd& gone, EventLog* log);
  ~SshProcess() override;

  void write(std::string_view bytes) override;
  void close_stdin() override;
  bool running() const override;
  std::vector<StampedLine> lines() const override;
  CommandResult wait(Deadline deadline) override;
  void stop() override;

 private:
  void serve();
  void serve_channel(std::string& pending);
  void take(std::string_view bytes, bool is_error);
  void finish(std::exception_ptr error);
  void wake() const;

  EventLog* const log_;
  const int number_;
  const LineCallback on_line_;
  const UniqueFd wake_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  // Guarded by mutex_.
  std::string input_;
  bool close_stdin_ = false;
  bool stop_ = false;
  bool done_ = false;
  std::exception_ptr error_;
  CommandResult result_;
  std::vector<StampedLine> lines_;
  // Used by the constructor, then by the thread alone.
  LineSplitter splitter_;
  SshSession session_;
  SshChannel channel_;
  std::thread thread_;
};

/// Event "command" with fields command, status (number, or "signal TERM") and ms; `log` may be null.
void log_command(EventLog* log, int node, const CommandResult& result);
/// The same for a command that came to no end: field error holds the text, status the kind of error.
void log_failed_command(EventLog* log, int node, const std::string& command, const Error& error,
                        Duration took);

}  // namespace o2lab
