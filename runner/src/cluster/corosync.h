// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cluster/cluster.h"
#include "cluster/o2cb.h"

namespace o2lab {

namespace stack_config {
/// corosync.conf(5) for nodes 1 to `nodes` over the cluster Ethernet: knet, encrypted, no multicast. Of two
/// nodes each has quorum without the other, once both have been there (two_node).
std::string corosync(const Topology& topology, int nodes, Duration token);
/// A shell command that makes `file` of `text`, which stays as it is.
std::string into(const std::string& file, const std::string& text);
}  // namespace stack_config

/// Corosync on nodes that boot the stack image, below whatever keeps the members of volumes.
class Corosync {
 public:
  /// Its token timeout. A node that stands still for as long is fenced, so it is more than a busy host keeps
  /// one waiting.
  static constexpr Duration kToken = 10s;
  /// A command of the stack takes seconds on a busy host without KVM.
  static constexpr Duration kCommand = 120s;
  /// What a survivor takes at the latest to have a membership without the dead node: the token, as
  /// corosync.conf(5) has it grow with the nodes, and 1.2 times that for consensus.
  static Duration detected_latest(int nodes) { return (kToken + 650ms * std::max(nodes - 2, 0)) * 11 / 5; }
  /// How long nodes that run it may take to be one membership.
  static Duration formed_latest(int nodes) { return detected_latest(nodes) * 2 + 60s; }

  Corosync(Cluster& cluster, WaitHub& hub);

  /// Starts it on these nodes, and waits until they are its members together with those that run it already.
  void start(const std::vector<Node*>& nodes);
  /// Ends it in order.
  void stop(Node& node);
  /// Ends it as a crash does: the others are told nothing.
  void kill(Node& node);
  /// Starts it on one node where it has been killed, as it was, and waits for nobody.
  void start_again(Node& node);
  /// Waits until each of `viewers` has exactly these for its members.
  void wait_members(const std::vector<Node*>& viewers, const NodeSet& expected);
  /// Running nodes that it has been started on.
  std::vector<Node*> started() const;
  /// The first of these; throws input when there is none.
  Node& any() const;
  /// Leaves these files of the nodes that run it beside their consoles, each by its own name.
  void keep_logs(const std::vector<std::string>& files);

 private:
  NodeSet members_of(Node& node);

  Cluster& cluster_;
  WaitHub& hub_;
  const std::string key_;  ///< of this cluster only
  NodeSet started_;
};

}  // namespace o2lab
