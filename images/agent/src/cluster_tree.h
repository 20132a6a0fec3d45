// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

#include "host.h"
#include "text.h"

namespace o2member {

inline constexpr const char* kHeartbeatMode = "/sys/fs/o2cb/heartbeat_mode";
inline constexpr long kLastNode = 254;  ///< the highest number of a node: O2NM_MAX_NODES - 1

/// Names of the cluster directories below the configfs root; several are a mistake that the agent must see.
Names clusters_below(Host& host, const std::string& root);

/// The node manager's part of a cluster: ROOT/CLUSTER/node/*.
class ClusterTree {
 public:
  /// `wanted`: its name, or empty for the only one there is. Throws `installed` when there is none, or none
  /// of that name, or no node of it is this machine, and `configured` when there are several and none was
  /// named.
  static ClusterTree find(Host& host, const std::string& root, const std::string& wanted);

  const std::string& root() const { return root_; }
  const std::string& name() const { return name_; }
  std::string path() const { return root_ + "/" + name_; }
  std::string node_path(const std::string& node) const { return path() + "/node/" + node; }
  std::string region_path(const std::string& region) const { return path() + "/heartbeat/" + region; }
  /// Node names and their numbers, 0 to 254.
  const std::map<std::string, long, std::less<>>& nodes() const { return nodes_; }
  bool has(const std::string& node) const { return nodes_.contains(node); }
  /// The node that this machine is.
  const std::string& own() const { return own_; }

 private:
  std::string root_;
  std::string name_;
  std::map<std::string, long, std::less<>> nodes_;
  std::string own_;
};

}  // namespace o2member
