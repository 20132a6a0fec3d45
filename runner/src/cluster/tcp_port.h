// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "base/fd.h"

namespace o2lab {

/// A TCP port of 127.0.0.1 that the kernel gave and that stays ours while this lives: bound but not
/// listening, without SO_REUSEADDR until the number is fixed, so nobody else gets it, while QEMU, whose slirp
/// sets the option, can listen on it again and again.
class TcpPort {
 public:
  /// Throws environment when no port can be had.
  TcpPort();
  uint16_t number() const { return number_; }

 private:
  UniqueFd fd_;
  uint16_t number_ = 0;
};

}  // namespace o2lab
