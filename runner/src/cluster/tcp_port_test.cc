// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/tcp_port.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace o2lab {
namespace {

bool can_listen(uint16_t port, bool reuse) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const int on = reuse ? 1 : 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
         ::listen(fd.get(), 1) == 0;
}

TEST(TcpPort, IsOursButQemuMayListenOnItAgainAndAgain) {
  const TcpPort port;
  EXPECT_FALSE(can_listen(port.number(), false));
  EXPECT_TRUE(can_listen(port.number(), true));
  EXPECT_TRUE(can_listen(port.number(), true));
}

TEST(TcpPort, TwoAreNeverTheSame) {
  const TcpPort a;
  const TcpPort b;
  EXPECT_NE(a.number(), b.number());
}

}  // namespace
}  // namespace o2lab
