// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh/ssh_connection.h"

#include "base/error.h"
#include "ssh/channel.h"
#include "ssh/ssh_process.h"

namespace o2lab {

namespace {

constexpr Duration kCloseGrace = 500ms;
constexpr Duration kConnectLimit = 20s;

[[noreturn]] void rethrow_with_command(const Error& error, const std::string& command) {
  throw Error(error.kind(), fmt::format("{} (command `{}`)", error.what(), shorten(command)));
}

}  // namespace

std::unique_ptr<SshConnection> SshConnection::connect(const SshTarget& target, Deadline deadline,
                                                      const StopFd& gone, EventLog* log) {
  std::unique_ptr<SshConnection> connection(new SshConnection(target, gone, log));
  connection->session_ = std::make_unique<SshSession>(target, deadline, gone);
  return connection;
}

CommandResult SshConnection::run(const std::string& command, Deadline deadline, std::string_view input) {
  std::unique_lock lock(mutex_, deadline.when());
  if (!lock)
    fail(ErrorKind::timeout, "{}: `{}` was not even started: another command held the connection",
         target_.node, shorten(command));
  const TimePoint start = Clock::now();
  try {
    CommandResult result = run_locked(command, deadline, input);
    log_command(log_, target_.number, result);
    return result;
  } catch (const Error& error) {
    log_failed_command(log_, target_.number, command, error, Clock::now() - start);
    throw;
  }
}

CommandResult SshConnection::run_locked(const std::string& command, Deadline deadline,
                                        std::string_view input) {
  CommandResult result;
  result.node = target_.node;
  result.command = command;
  bool keep_session = false;
  if (gone_.raised()) fail(ErrorKind::node_gone, "{} is gone (command `{}`)", target_.node, shorten(command));
  try {
    // A dead session may not have noticed yet: whatever the server said since the last command is looked at
    // first.
    if (session_) {
      try {
        session_->process();
      } catch (const Error&) {
        session_.reset();
      }
    }
    if (!session_) session_ = std::make_unique<SshSession>(target_, deadline, gone_);
    result.started = Clock::now();
    SshChannel channel(*session_, command, deadline, [&](std::string_view bytes, bool is_error) {
      (is_error ? result.err : result.out).append(bytes);
    });
    for (;;) {
      channel.send(input);
      if (input.empty()) channel.send_eof();
      session_->process();
      channel.rethrow();
      if (channel.closed()) break;
      if (deadline.passed()) {
        const std::string& last = result.err.empty() ? result.out : result.err;
        keep_session = channel.abandon(kCloseGrace);
        fail(ErrorKind::timeout, "{}: `{}` did not end within {}; last output: {}", target_.node,
             shorten(command), human(Clock::now() - result.started),
             last.empty() ? "none" : shorten_to_end(last));
      }
      session_->wait(deadline);
    }
    result.finished = Clock::now();
    if (channel.exit_status() < 0 && channel.exit_signal().empty())
      session_->lost("waiting for an exit status");
    result.exit_status = channel.exit_signal().empty() ? channel.exit_status() : -1;
    result.signal = channel.exit_signal();
    return result;
  } catch (const Error& error) {
    if (!keep_session) session_.reset();
    if (error.kind() == ErrorKind::timeout) throw;
    rethrow_with_command(error, command);
  }
}

std::unique_ptr<RemoteProcess> SshConnection::start(const std::string& command, LineCallback on_line) {
  const Deadline deadline = Deadline::in(kConnectLimit);
  try {
    return std::make_unique<SshProcess>(target_, command, std::move(on_line), deadline, gone_, log_);
  } catch (const Error& error) {
    log_failed_command(log_, target_.number, command, error, Duration::zero());
    rethrow_with_command(error, command);
  }
}

}  // namespace o2lab
