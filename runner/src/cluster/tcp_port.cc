// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/tcp_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace o2lab {

TcpPort::TcpPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int on = 1;
  if (!fd_ || ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    fail(ErrorKind::environment, "no TCP port of 127.0.0.1 can be had: {}", std::strerror(errno));
  number_ = ntohs(address.sin_port);
}

}  // namespace o2lab
