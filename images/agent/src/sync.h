// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "host.h"
#include "node_source.h"
#include "parameters.h"

namespace o2member {

struct SyncOptions {
  std::string configfs = kConfigfs;
  std::string cluster;    ///< empty: the cluster manager's name of it
  int link = 0;           ///< of the cluster manager's network: where o2net's addresses come from
  int port = kO2netPort;  ///< of o2net, the same everywhere
};

/// Keeps the node manager's tree in configfs in step with the cluster manager's list of nodes. A node's
/// number is its id there, and so the same on every node and for ever. What is in use is never changed: a
/// node that has left the list stays as long as there is any region, so that its number goes to no other node
/// meanwhile.
class Sync {
 public:
  using Resolve = std::function<std::string(const std::string&)>;
  Sync(Host& host, SyncOptions options, Resolve resolve = ipv4_of);

  /// One at a time on this machine. Throws Failure with what could not be done; what could has been done
  /// then.
  void run(const ClusterNodes& wanted);

 private:
  void prepare_kernel();
  /// False, and said why, when the node could not be brought into step.
  bool bring(const ClusterNode& node, bool own);
  bool make(const ClusterNode& node, const std::string& address, bool own);
  void drop(const std::string& name);
  std::string node_path(const std::string& name) const { return cluster_path_ + "/node/" + name; }
  std::string attribute(const std::string& node, const std::string& name);
  bool set(const std::string& path, const std::string& value);
  bool has_regions();

  Host& host_;
  SyncOptions options_;
  Resolve resolve_;
  std::string cluster_path_;
};

}  // namespace o2member
