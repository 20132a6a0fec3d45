// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "net/frame.h"

namespace o2lab {

/// Where things stand in a frame that carries the header of a TCP segment over IPv4 (RFC 791, RFC 9293).
struct TcpSegment {
  size_t ip = kEthernetHeader;
  size_t tcp = 0;
  uint32_t source_address = 0;
  uint32_t destination_address = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint32_t sequence = 0;
  uint8_t flags = 0;  ///< as in the header: FIN 1, SYN 2, RST 4, PSH 8, ACK 16

  bool opens() const { return (flags & 0x12) == 0x02; }  ///< SYN without ACK
  bool uses(uint16_t port) const { return source_port == port || destination_port == port; }
};

/// Nothing for all else, fragments after the first included.
std::optional<TcpSegment> tcp_segment(Frame frame);

}  // namespace o2lab
