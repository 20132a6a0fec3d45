// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "base/fd.h"
#include "net/frame.h"

namespace o2lab {

/// Frames taken from one port in one recvmmsg(2). Allocated once and used for all ports in turn.
class FrameBatch {
 public:
  static constexpr size_t kSize = 64;

  FrameBatch();
  FrameBatch(const FrameBatch&) = delete;
  FrameBatch& operator=(const FrameBatch&) = delete;

  size_t size() const { return count_; }
  Frame frame(size_t i) const { return {storage_.get() + i * kMaxFrame, headers_[i].msg_len}; }
  const sockaddr_in& sender(size_t i) const { return senders_[i]; }

 private:
  friend class PortSocket;
  // Reserved, not touched: a page of it costs memory only once a frame has been that long.
  std::unique_ptr<std::byte[]> storage_;
  std::array<iovec, kSize> parts_{};
  std::array<sockaddr_in, kSize> senders_{};
  std::array<mmsghdr, kSize> headers_{};
  size_t count_ = 0;
};

/// The two loopback UDP ports of one node: the switch's own, and the one that QEMU will bind.
///
/// Both numbers come from the kernel. QEMU's stays reserved for as long as this lives: the reserving socket
/// is bound without SO_REUSEADDR, so the kernel gives the number to nobody else, and gets the option
/// afterwards, so that QEMU, which sets it (net/socket.c, net_socket_udp_init), can bind beside it, again
/// after every restart. It is connected to itself, so that no datagram is ever delivered to it instead of to
/// QEMU.
class PortSocket {
 public:
  /// Throws environment when no port can be had.
  PortSocket();

  int fd() const { return fd_.get(); }
  uint16_t switch_port() const { return switch_port_; }
  uint16_t qemu_port() const { return ntohs(qemu_.sin_port); }
  bool is_qemu(const sockaddr_in& sender) const;

  /// Takes what has arrived, at most FrameBatch::kSize frames; never blocks.
  void receive(FrameBatch& batch) const;
  struct Sent {
    size_t frames = 0;
    size_t bytes = 0;
  };
  /// Sends to QEMU without blocking, at most FrameBatch::kSize frames; says what went out (a frame that the
  /// kernel refuses is skipped).
  Sent send(std::span<const Frame> frames) const;
  /// Frames that the kernel dropped because the switch did not read them in time (SO_MEMINFO, socket(7)).
  uint64_t overruns() const;

 private:
  UniqueFd fd_;
  UniqueFd reservation_;
  uint16_t switch_port_ = 0;
  sockaddr_in qemu_{};
};

}  // namespace o2lab
