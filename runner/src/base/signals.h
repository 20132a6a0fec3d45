// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <signal.h>

#include <array>

#include "base/fd.h"

namespace o2lab {

/// While it lives, SIGINT, SIGTERM and SIGHUP do not end the process but raise stop(). At most one at a time.
class SignalStop {
 public:
  SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;
  ~SignalStop();

  const StopFd& stop() const { return stop_; }
  /// The signal that came first; 0 when none has.
  int received() const;

 private:
  static constexpr std::array<int, 3> signals_{SIGINT, SIGTERM, SIGHUP};
  StopFd stop_;
  std::array<struct sigaction, signals_.size()> before_{};
};

/// Descriptor of the SignalStop that lives now, readable from its first signal on; -1 when there is none. For
/// waits below the stages that know the stop of their run.
int stop_signal_fd();

}  // namespace o2lab
