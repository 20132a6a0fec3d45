// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/asked_once.h"
#include "cluster/cluster.h"
#include "cluster/heartbeat_block.h"

namespace o2lab {

/// Node numbers as a kernel lists them.
using NodeSet = std::set<int>;
std::string text_of(const NodeSet& nodes);  ///< "1 2 3", "none"
/// The numbers that `text` begins with; blanks between them.
NodeSet parse_nodes(const std::string& text);

/// Operations of the o2cb stack on running nodes. Every wait ends at once when a node goes that it did not
/// expect to.
class O2cb {
 public:
  O2cb(Cluster& cluster, WaitHub& hub) : cluster_(cluster), hub_(hub) {}

  /// Modules, cluster, nodes and timeouts on these nodes, side by side.
  void configure(const std::vector<Node*>& nodes);
  /// The same with another dead threshold on one node; for what the handshake must refuse.
  void configure_with_threshold(Node& node, unsigned dead_threshold);
  void unconfigure(const std::vector<Node*>& nodes);
  /// Formats every volume, from the first of these nodes.
  void format(Node& node);
  /// Starts heartbeat on all volumes without waiting for the others: by ocfs2_hb_ctl -S, or in user mode by a
  /// region with a link to every node of the cluster, its own last.
  void start_heartbeat(Node& node);
  void stop_heartbeat(Node& node);
  /// Heartbeat on all of these, and waits until each sees and is connected to each other.
  void start_heartbeat_everywhere(const std::vector<Node*>& nodes);
  void mount(Node& node, int volume = 0, Duration limit = 120s);
  void umount(Node& node, int volume = 0);
  /// Heartbeat on all nodes, then all volumes mounted on all of them: the quickest way to a working cluster.
  void mount_everywhere(const std::vector<Node*>& nodes);
  /// The second half of it, once heartbeat is there.
  void mount_over_heartbeat(const std::vector<Node*>& nodes);

  /// Volume's UUID as the cluster names its region and domain: 32 upper-case hex digits.
  std::string uuid(int volume = 0);
  /// Where the volume's heartbeat region lies, as configfs of `node` tells (start_block, block_bytes,
  /// blocks); asked once.
  HeartbeatRegion heartbeat_region(Node& node, int volume = 0);
  /// The regions asked for so far, by volume.
  std::map<int, HeartbeatRegion> known_regions() const { return regions_.known(); }
  /// Nodes that `node` sees heartbeat on any region (debugfs o2hb/livenodes).
  NodeSet live_nodes(Node& node);
  /// Nodes that `node` has an o2net connection to (debugfs o2net/connected_nodes); itself is not among them.
  NodeSet connected_nodes(Node& node);
  /// Members of the volume's DLM domain as `node` sees them (debugfs o2dlm/UUID/dlm_state); empty when not
  /// joined.
  NodeSet domain_nodes(Node& node, int volume = 0);

  /// Waits until each of `viewers` sees exactly `expected`.
  void wait_live(const std::vector<Node*>& viewers, const NodeSet& expected, Deadline deadline);
  void wait_connected(const std::vector<Node*>& viewers, const NodeSet& among, Deadline deadline);
  void wait_domain(const std::vector<Node*>& viewers, const NodeSet& expected, Deadline deadline,
                   int volume = 0);

 private:
  bool user_mode() const { return cluster_.topology().heartbeat_mode == HeartbeatMode::user; }
  void configure_one(Node& node, const Topology& topology);
  void wait_view(const std::string& what, const std::vector<Node*>& viewers, Deadline deadline,
                 const std::function<NodeSet(Node&)>& view,
                 const std::function<NodeSet(const Node&)>& expected);

  Cluster& cluster_;
  WaitHub& hub_;
  AskedOnce<int, std::string> uuids_;
  AskedOnce<int, HeartbeatRegion> regions_;
};

}  // namespace o2lab
