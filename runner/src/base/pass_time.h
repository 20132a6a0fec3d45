// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/wait.h"

namespace o2lab {

/// Waits until that moment; what interrupts a wait of `hub` ends it too.
inline void pass_time(WaitHub& hub, const std::string& what, TimePoint until) {
  hub.wait(
      what, Deadline::at(until + 10s),
      [until] {
        return Seen{Clock::now() >= until, "it is not time yet"};
      },
      10ms);
}

}  // namespace o2lab
