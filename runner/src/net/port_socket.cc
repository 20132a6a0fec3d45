// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/port_socket.h"

#include <linux/sock_diag.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace o2lab {

namespace {

// Room for bursts of three or four senders; more than rmem_max needs CAP_NET_ADMIN and is asked for first.
constexpr int kReceiveBuffer = 4 << 20;

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

const sockaddr* plain(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

UniqueFd bound_socket(sockaddr_in& address) {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) fail_errno("socket(AF_INET, SOCK_DGRAM)");
  address = loopback(0);
  socklen_t length = sizeof address;
  if (::bind(fd.get(), plain(address), sizeof address) != 0)
    fail(ErrorKind::environment, "no UDP port on 127.0.0.1 for the cluster network: {}",
         std::strerror(errno));
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) fail_errno("getsockname");
  return fd;
}

}  // namespace

FrameBatch::FrameBatch() : storage_(std::make_unique_for_overwrite<std::byte[]>(kSize * kMaxFrame)) {
  for (size_t i = 0; i < kSize; ++i) {
    parts_[i] = {storage_.get() + i * kMaxFrame, kMaxFrame};
    msghdr& header = headers_[i].msg_hdr;
    header.msg_iov = &parts_[i];
    header.msg_iovlen = 1;
    header.msg_name = &senders_[i];
  }
}

PortSocket::PortSocket() {
  sockaddr_in own{};
  fd_ = bound_socket(own);
  switch_port_ = ntohs(own.sin_port);
  if (::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) != 0)
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);

  reservation_ = bound_socket(qemu_);
  const int one = 1;
  if (::setsockopt(reservation_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0)
    fail_errno("setsockopt(SO_REUSEADDR)");
  if (::connect(reservation_.get(), plain(qemu_), sizeof qemu_) != 0) fail_errno("connect a UDP socket");
}

bool PortSocket::is_qemu(const sockaddr_in& sender) const {
  return sender.sin_port == qemu_.sin_port && sender.sin_addr.s_addr == qemu_.sin_addr.s_addr;
}

void PortSocket::receive(FrameBatch& batch) const {
  for (mmsghdr& header : batch.headers_) header.msg_hdr.msg_namelen = sizeof(sockaddr_in);
  const int n = ::recvmmsg(fd_.get(), batch.headers_.data(), FrameBatch::kSize, MSG_DONTWAIT, nullptr);
  batch.count_ = n > 0 ? static_cast<size_t>(n) : 0;
}

PortSocket::Sent PortSocket::send(std::span<const Frame> frames) const {
  std::array<iovec, FrameBatch::kSize> parts;
  std::array<mmsghdr, FrameBatch::kSize> headers{};
  sockaddr_in to = qemu_;
  for (size_t i = 0; i < frames.size(); ++i) {
    parts[i] = {const_cast<std::byte*>(frames[i].data()), frames[i].size()};
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
    headers[i].msg_hdr.msg_name = &to;
    headers[i].msg_hdr.msg_namelen = sizeof to;
  }
  Sent sent;
  for (size_t next = 0; next < frames.size();) {
    const int n =
        ::sendmmsg(fd_.get(), &headers[next], static_cast<unsigned>(frames.size() - next), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    for (int i = 0; i < n; ++i) {
      ++sent.frames;
      sent.bytes += frames[next++].size();
    }
    if (n < 1) ++next;
  }
  return sent;
}

uint64_t PortSocket::overruns() const {
  std::array<uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &length) != 0) return 0;
  return info[SK_MEMINFO_DROPS];
}

}  // namespace o2lab
