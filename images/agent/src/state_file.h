// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host.h"

namespace o2member {

/// What stop has to know when the device is gone and can no longer be asked. Lives in /run: a reboot ends
/// mounts and memberships with it.
struct StateFile {
  std::string uuid;
  std::string number;  ///< MAJOR:MINOR of the device
  std::string cluster;

  static std::optional<StateFile> read(Host& host, const std::string& directory);
  /// 0 or an errno. What was there before stays until all of it is written.
  int write(Host& host, const std::string& directory) const;
  static void remove(Host& host, const std::string& directory);
  /// The directories of all there are, sorted.
  static std::vector<std::string> directories(Host& host);
  /// A file name that stands for this directory and no other.
  static std::string key(const std::string& directory);
  /// Name of the lock that a umount by hand of this directory holds.
  static std::string leave_key(const std::string& directory) { return "leave" + key(directory); }
};

}  // namespace o2member
