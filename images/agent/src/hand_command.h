// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hand.h"

namespace o2member {

/// Exit status of mount(8) and umount(8).
enum class MountStatus : int {
  success = 0,
  usage = 1,    ///< wrong use, or not root
  failed = 32,  ///< and nothing has changed, or what has is said
};

/// The arguments of a helper, as mount(8) and umount(8) tell in EXTERNAL HELPERS; nothing when they are none.
std::optional<MountRequest> mount_request(const std::vector<std::string>& arguments);
std::optional<UmountRequest> umount_request(const std::vector<std::string>& arguments);

/// The helpers. `called` is what messages begin with.
int mount_command(const std::string& called, const std::vector<std::string>& arguments);
int umount_command(const std::string& called, const std::vector<std::string>& arguments);

}  // namespace o2member
