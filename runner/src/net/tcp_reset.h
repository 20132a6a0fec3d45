// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "net/frame.h"

namespace o2lab {

/// A TCP segment over IPv4 as the same sender's reset (RFC 9293, 3.5.2): same place in the stream, no data.
/// Whoever gets it in place of the segment drops the connection at once, if it has had all that was sent
/// before. Empty when the frame is anything else, or cut short.
std::vector<std::byte> as_tcp_reset(Frame frame);

}  // namespace o2lab
