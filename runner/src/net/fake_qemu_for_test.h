// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "net/switch.h"

namespace o2lab {

/// QEMU's side of a port as far as the wire goes: binds with SO_REUSEADDR and speaks to the switch's port.
class FakeQemu {
 public:
  explicit FakeQemu(Port port) : FakeQemu(port, port.qemu_port) {}
  /// `own_port` 0 makes an intruder on a port that the kernel picks.
  FakeQemu(Port port, uint16_t own_port) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const int one = 1;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const sockaddr_in own = loopback(own_port);
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) fail_errno("bind");
    const sockaddr_in to = loopback(port.switch_port);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail_errno("connect");
  }

  bool send(const std::string& frame) const {
    return ::send(fd_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) >= 0;
  }
  /// The next frame; empty when none comes in time.
  std::string receive(Duration within = 5s) const {
    pollfd p{fd_.get(), POLLIN, 0};
    if (::poll(&p, 1, Deadline::in(within).poll_ms(60'000)) <= 0) return {};
    std::string frame(kMaxFrame, '\0');
    const ssize_t n = ::recv(fd_.get(), frame.data(), frame.size(), 0);
    frame.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return frame;
  }

 private:
  static sockaddr_in loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }
  UniqueFd fd_;
};

/// The address of node N's cluster interface, as six raw bytes.
inline std::string mac_of(int node) {
  return std::string("\x52\x54\x00\xcc\x00", 5) + static_cast<char>(node);
}
inline const std::string kBroadcast(6, '\xff');

inline std::string frame_of(const std::string& to, const std::string& from, const std::string& payload) {
  return to + from + "\x88\xb5" + payload;
}

}  // namespace o2lab
