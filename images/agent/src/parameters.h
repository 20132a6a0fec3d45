// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

#include "host.h"

namespace o2member {

using Environment = std::map<std::string, std::string, std::less<>>;

inline constexpr const char* kConfigfs = "/sys/kernel/config/cluster";

inline constexpr int kO2netPort = 7777;
inline constexpr int kLastLink = 7;
inline constexpr int kLastPort = 65535;

/// Environment of this process.
Environment environment_of_process();
/// Value, or `otherwise` where the variable is not set or empty.
std::string value_of(const Environment& environment, const std::string& name,
                     const std::string& otherwise = "");
/// Pacemaker's meta attribute of this name, which it hands to agents as OCF_RESKEY_CRM_meta_NAME.
std::string meta_of(const Environment& environment, const std::string& name,
                    const std::string& otherwise = "");
/// The limit that Pacemaker has set for this action, which it names in milliseconds.
Milliseconds action_timeout(const Environment& environment, Milliseconds otherwise);

/// What the resource is, from OCF_RESKEY_*.
struct Parameters {
  std::string device;
  std::string directory;  ///< without a slash at the end
  std::string fstype = "ocfs2";
  std::string options;
  std::string cluster;  ///< empty: the one that there is
  std::string configfs = kConfigfs;
  int link = 0;           ///< of the cluster manager's network, 0 to 7; -1: what was given is none
  int port = kO2netPort;  ///< of o2net, 1 to 65535; the same

  static Parameters from(const Environment& environment);
  /// Throws `configured` unless device, directory and configfs are absolute paths.
  void check_paths() const;
  /// The same for all that can be right on no node: a file system that is not shared, a clone that does not
  /// hear of its members, recovery before fencing.
  void check(const Environment& environment) const;
};

}  // namespace o2member
