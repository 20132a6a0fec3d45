// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>

namespace o2lab {

/// One Ethernet frame from the destination address on, without the checksum: what QEMU's socket netdev puts
/// in a datagram (qemu net/socket.c).
using Frame = std::span<const std::byte>;

/// Destination, source, type.
constexpr size_t kEthernetHeader = 14;
/// The largest UDP payload over IPv4, hence the largest frame that can arrive.
constexpr size_t kMaxFrame = 65507;

/// An Ethernet address in the low 48 bits, first byte on the wire highest.
using Mac = uint64_t;

/// `frame` is at least kEthernetHeader bytes.
inline Mac mac_at(Frame frame, size_t offset) {
  Mac mac = 0;
  for (const std::byte b : frame.subspan(offset, 6)) mac = mac << 8 | static_cast<Mac>(b);
  return mac;
}
inline Mac destination_of(Frame frame) {
  return mac_at(frame, 0);
}
inline Mac source_of(Frame frame) {
  return mac_at(frame, 6);
}
/// Broadcast or multicast (IEEE 802: lowest bit of the first byte).
inline bool is_group(Mac mac) {
  return (mac >> 40 & 1) != 0;
}

/// Which port an address was last heard on. Entries do not age: ports live as long as the switch and an
/// address that moves is learned anew from its first frame.
class MacTable {
 public:
  /// A guest that sends from ever new addresses must not eat the host's memory.
  static constexpr size_t kMaxEntries = 4096;

  void learn(Mac mac, size_t port) {
    if (is_group(mac)) return;
    if (ports_.size() >= kMaxEntries && ports_.count(mac) == 0) return;
    ports_[mac] = port;
  }
  /// Null when the address is a group or was never heard.
  const size_t* find(Mac mac) const {
    const auto it = ports_.find(mac);
    return it == ports_.end() ? nullptr : &it->second;
  }

 private:
  std::unordered_map<Mac, size_t> ports_;
};

}  // namespace o2lab
