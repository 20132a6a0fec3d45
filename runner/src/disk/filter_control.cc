// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/filter_control.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace o2lab {

std::string FilterControl::ask(const std::string& command, Deadline deadline) {
  const std::string line = command + "\n";
  if (!fd_ || ::send(fd_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    fail(ErrorKind::infra, "nbdkit does not listen to '{}': {}", command, std::strerror(errno));
  const std::string answer = read_line(deadline);
  if (answer.substr(0, 2) != "ok") fail(ErrorKind::infra, "nbdkit answers '{}' with '{}'", command, answer);
  return answer.substr(2);
}

std::string FilterControl::read_line(Deadline deadline) {
  std::string out;
  for (;;) {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, deadline.poll_ms()) <= 0) {
      if (!deadline.passed()) continue;
      fd_.reset();
      fail(ErrorKind::infra, "nbdkit did not answer in time");
    }
    char byte = 0;
    const ssize_t n = ::recv(fd_.get(), &byte, 1, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n != 1) fail(ErrorKind::infra, "nbdkit has gone");
    if (byte == '\n') return out;
    out += byte;
  }
}

}  // namespace o2lab
