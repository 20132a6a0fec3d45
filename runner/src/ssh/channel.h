// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ssh/session.h"

namespace o2lab {

/// One command on a session: its channel, its output and its end. Used by the session's thread.
class SshChannel {
 public:
  /// Takes output as it comes; `is_error` for stderr.
  using Sink = std::function<void(std::string_view bytes, bool is_error)>;

  /// Opens the channel and asks for `command`; throws as SshSession::drive.
  SshChannel(SshSession& session, const std::string& command, Deadline deadline, Sink sink);
  ~SshChannel();
  SshChannel(const SshChannel&) = delete;
  SshChannel& operator=(const SshChannel&) = delete;

  /// Sends as much of `input` as the node takes now, and removes it from `input`.
  void send(std::string_view& input);
  void send_eof();
  bool eof_sent() const { return eof_sent_; }
  /// The server closed the channel: everything has arrived.
  bool closed() const { return closed_; }
  /// Reported by the server; -1 and empty until then.
  int exit_status() const { return exit_status_; }
  const std::string& exit_signal() const { return exit_signal_; }
  /// Throws what the sink threw (it is called by C code and cannot throw through it).
  void rethrow() const;

  /// SIGTERM to the command, then closes the channel and waits for the server to do so too, at most `grace`.
  /// False when it did not: the session is of no more use. Throws nothing.
  bool abandon(Duration grace) noexcept;

 private:
  static int on_data(ssh_session, ssh_channel, void* data, uint32_t size, int is_stderr, void* self) noexcept;
  static void on_status(ssh_session, ssh_channel, int status, void* self) noexcept;
  static void on_signal(ssh_session, ssh_channel, const char* signal, int core, const char* text,
                        const char* language, void* self) noexcept;
  static void on_close(ssh_session, ssh_channel, void* self) noexcept;

  struct Free {
    void operator()(ssh_channel channel) const { ssh_channel_free(channel); }
  };

  SshSession& session_;
  Sink sink_;
  std::exception_ptr thrown_;
  bool closed_ = false;
  bool eof_sent_ = false;
  int exit_status_ = -1;
  std::string exit_signal_;
  ssh_channel_callbacks_struct callbacks_{};
  std::unique_ptr<ssh_channel_struct, Free> channel_;
};

}  // namespace o2lab
