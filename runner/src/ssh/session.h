// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <libssh/libssh.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"

namespace o2lab {

/// Where a node's SSH server is and who it must be.
struct SshTarget {
  std::string node = "node";       ///< for messages
  int number = 0;                  ///< for the event log
  std::string host = "127.0.0.1";  ///< numeric address
  uint16_t port = 22;
  std::string user = "root";
  fs::path private_key;         ///< OpenSSH format, no passphrase
  std::string host_public_key;  ///< "ssh-ed25519 AAAA…": the only one that is accepted
};

/// One authenticated libssh session in non-blocking mode. Used by one thread at a time.
///
/// Every wait is one poll(2) on the socket and on the "node is gone" descriptor, so nothing here outlives a
/// node or a deadline: libssh's own time-outs are not used.
class SshSession {
 public:
  /// Connects, pins the host key, logs in with the key (no agent, no configuration files). Throws timeout,
  /// node_gone, or infra with the reason. `gone` must outlive the session.
  SshSession(const SshTarget& target, Deadline deadline, const StopFd& gone);
  ~SshSession();
  SshSession(const SshSession&) = delete;
  SshSession& operator=(const SshSession&) = delete;

  const SshTarget& target() const { return target_; }
  ssh_session get() const { return session_.get(); }
  bool connected() const { return ssh_is_connected(session_.get()) != 0; }

  /// Waits until the socket, or `wake` if it is not -1, has something, at most until the deadline. Throws
  /// node_gone at once when the node is gone.
  void wait(Deadline deadline, int wake = -1) const;
  /// Handles what has arrived (calls the channels' callbacks) and sends what waits; does not block. Throws
  /// infra when the connection is lost.
  void process();
  /// Repeats `step` until it answers something else than SSH_AGAIN; throws timeout naming `what`.
  template <class Step>
  int drive(const std::string& what, Deadline deadline, Step step) {
    for (;;) {
      const int answer = step();
      if (answer != SSH_AGAIN) return answer;
      if (deadline.passed()) fail(ErrorKind::timeout, "{}: SSH {} was not done in time", target_.node, what);
      wait(deadline);
    }
  }
  /// libssh's last error.
  std::string reason() const;
  /// Throws node_gone when the news of that comes within 200 ms, else infra with the reason.
  [[noreturn]] void lost(const std::string& doing) const;

 private:
  struct Free {
    void operator()(ssh_session session) const { ssh_free(session); }
    void operator()(ssh_event event) const { ssh_event_free(event); }
  };
  void set_options();
  void connect(Deadline deadline);
  void check_host_key() const;
  void log_in(Deadline deadline);

  SshTarget target_;
  const StopFd& gone_;
  std::unique_ptr<ssh_session_struct, Free> session_;
  std::unique_ptr<ssh_event_struct, Free> event_;
};

}  // namespace o2lab
