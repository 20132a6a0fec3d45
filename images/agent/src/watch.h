// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "host.h"
#include "parameters.h"
#include "watch_core.h"

namespace o2member {

struct WatchOptions {
  std::vector<std::string> devices;  ///< or UUIDs of 32 hexadecimal digits, of the volumes to keep members of
  std::string fence;                 ///< command that proves a node dead
  Milliseconds fence_limit{120'000};  ///< of one run of it
  std::string configfs = kConfigfs;
  std::string cluster;
  int link = 0;  ///< of corosync's network
  int port = kO2netPort;
  WatchCore::Patience patience;
};

/// Keeps the membership of volumes with corosync alone, until SIGTERM; then leaves those that are not mounted
/// any more. Returns the exit code.
int watch(const WatchOptions& options);

}  // namespace o2member
