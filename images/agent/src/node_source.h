// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace o2member {

struct ClusterNode {
  std::string name;
  uint32_t id = 0;      ///< the cluster manager's number of it, from 1
  std::string address;  ///< dotted IPv4, or a host name
};

struct ClusterNodes {
  std::string cluster;
  std::vector<ClusterNode> nodes;
  uint32_t own = 0;  ///< id of this machine
};

/// Who is configured to be in the cluster, running or not.
class NodeSource {
 public:
  NodeSource() = default;
  NodeSource(const NodeSource&) = delete;
  NodeSource& operator=(const NodeSource&) = delete;
  virtual ~NodeSource() = default;
  /// Addresses are those of this link of the manager's network, from 0. Throws Failure.
  virtual ClusterNodes read(int link) = 0;
};

/// corosync's cmap: nodelist.node.*, totem.cluster_name (corosync.conf(5), cmap_keys(7)).
class Corosync : public NodeSource {
 public:
  ClusterNodes read(int link) override;
};

/// Whether a look at a key of cmap has found it; false where it does not exist. Throws Failure at any other
/// answer, which says nothing of what there is. `error`: a cs_error_t.
bool is_there(int error, const std::string& key);

/// First IPv4 address of a host name or of its text; empty if there is none.
std::string ipv4_of(const std::string& host);

}  // namespace o2member
