// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "cluster/topology.h"

namespace o2lab {

/// The shell that brings a node from booted modules-less to a configured o2cb cluster and back. Text only, so
/// that it is tested without a node; each script stops at its first failing line and says which.
namespace o2cb_script {

inline constexpr int kPort = 7777;  ///< o2net's TCP port on every node

inline constexpr const char* kHeartbeatMode = "/sys/fs/o2cb/heartbeat_mode";

/// Cluster Ethernet address of a node, 10.77.0.N.
std::string address(int node);
/// configfs folder of the cluster.
std::string cluster_dir(const Topology& topology);

/// Loads the modules, makes the cluster with `nodes` nodes, sets all timeouts and reads them back: the kernel
/// ignores some bad values without an error (o2hb_heartbeat_group_threshold_store in
/// fs/ocfs2/cluster/heartbeat.c). `self` is made local last.
std::string configure(const Topology& topology, int nodes, int self, bool trace = true);
/// Undoes configure(): heartbeat regions and their links, every node there is, cluster, modules. Fails while
/// something is mounted.
std::string unconfigure(const Topology& topology);
/// User mode: a region with links to nodes 1 to `nodes`, named as the nodes are, its own last.
std::string make_region(const Topology& topology, const std::string& uuid, int nodes, int self);
/// Its own link first, then the others, then the region.
std::string remove_region(const Topology& topology, const std::string& uuid, int self);
std::string mkfs(const Topology& topology, int volume);
std::string device(int volume);       ///< /dev/shared0
std::string mount_point(int volume);  ///< /mnt, /mnt1, …

}  // namespace o2cb_script
}  // namespace o2lab
