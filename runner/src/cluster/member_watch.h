// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/corosync.h"

namespace o2lab {

/// Corosync and `o2member watch` (images/agent/o2member.8) on nodes that boot the stack image, without
/// Pacemaker; the lab's power switch (host_power.h) is its fencing command.
class MemberWatch {
 public:
  /// What the watch is told. The first must be longer than corosync takes to know that quorum is lost, the
  /// second than the watches of a cluster take to be started.
  struct Patience {
    Duration lost = 5s;
    Duration startup = 120s;
  };
  /// What the fencing command, and the message that it has succeeded, take on a busy host without KVM.
  static constexpr Duration kFencing = 30s;
  static constexpr Duration kTold = 30s;

  MemberWatch(Cluster& cluster, WaitHub& hub, const Patience& patience);

  /// From a death to its confirmed fence, where the switch works, and to the removal of the node's links
  /// everywhere. Corosync's token has been on its way for some time already when a node dies.
  Duration fenced_earliest() const { return Corosync::kToken / 2 + patience_.lost; }
  Duration fenced_latest() const;
  Duration unlinked_latest() const { return fenced_latest() + kTold; }

  /// The volumes that the watch of this node keeps from its next start on; all of the cluster's if never set.
  void set_volumes(const Node& node, const std::vector<int>& volumes) { volumes_[node.number()] = volumes; }
  /// The fencing command of this node's watch, from its next start on, waits so long before it asks the
  /// switch, and says so on the node's console (kDelayed).
  void delay_fencing(const Node& node, std::chrono::seconds delay) { delays_[node.number()] = delay; }
  static constexpr const char* kDelayed = "o2lab: fencing is delayed";
  /// Starts corosync on these nodes, and then the watch.
  void start(const std::vector<Node*>& nodes);
  /// Ends the watch as a crash does.
  void kill(Node& node);
  /// Starts the watch where corosync runs and the watch does not.
  void start_again(Node& node);
  /// Waits until the watch on this node has been connected to corosync so many times since its first start.
  void wait_connected(Node& node, int times);
  Corosync& corosync() { return corosync_; }
  /// Leaves the logs of the nodes that run beside their consoles.
  void keep_logs();

 private:
  std::string command(const Node& node) const;

  Cluster& cluster_;
  WaitHub& hub_;
  const Patience patience_;
  Corosync corosync_;
  std::map<int, std::vector<int>> volumes_;
  std::map<int, std::chrono::seconds> delays_;
};

}  // namespace o2lab
