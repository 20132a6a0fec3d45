// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/corosync.h"

namespace o2lab {

/// What crm_mon(8) shows of the cluster.
struct PacemakerView {
  struct Member {
    bool online = false;
    bool standby = false;
    bool unclean = false;  ///< to be fenced
    bool pending = false;
  };
  std::string dc;  ///< empty: none elected
  bool quorate = false;
  std::map<int, Member> nodes;
  std::map<std::string, NodeSet>
      started;                        ///< resource (an instance of a clone by the name of what is cloned)
  std::vector<std::string> failures;  ///< "node2 volume_start_0: what the agent said"
};

/// Reads `crm_mon --output-as=xml`; throws infra when it is something else.
PacemakerView parse_crm_mon(const std::string& xml);

/// The configuration files of the stack as text, so that they are tested without a node.
namespace stack_config {
/// A cluster information base with this for fencing and no other resource.
std::string cib(const std::string& fencing);
/// The lab's power switch (host_power.h) as a resource that fences nodes 1 to `nodes`; `delays` before a node
/// is switched, as pcmk_delay_base has them ("node1:60s;node2:0s"), empty: none.
std::string power_switch(int nodes, const std::string& delays = "");
/// The same by messages on the disk of sbd(8), with the agent that is part of sbd.
std::string poison_pills(int nodes, const std::string& device);
/// A clone of ocf:o2lab:o2member by the name `id`, told of each other instance's coming and going: volume
/// `volume` on its mount point, on as many nodes as it has slots for.
std::string membership_clone(const Topology& topology, const std::string& id, int volume = 0);
}  // namespace stack_config

/// Corosync and Pacemaker on nodes that boot the stack image. Waits end at once when a node goes that nobody
/// expected to.
class Pacemaker {
 public:
  /// How long Pacemaker may take to elect a controller (its property election-timeout) and to have a node
  /// fenced (stonith-timeout), and the agent to act upon a notification: what stack_config sets.
  static constexpr Duration kElection = 120s;
  static constexpr Duration kFencing = 60s;
  static constexpr Duration kNotify = 180s;
  /// From a death to its confirmed fence, and to the removal of the node's links everywhere.
  static Duration fenced_latest(int nodes) { return Corosync::detected_latest(nodes) + kElection + kFencing; }
  static Duration unlinked_latest(int nodes) { return fenced_latest(nodes) + kNotify; }

  /// `fencing`: one of stack_config.
  Pacemaker(Cluster& cluster, WaitHub& hub, std::string fencing);

  /// Starts corosync on these nodes, waits until they are its members together with those that run it
  /// already, and starts Pacemaker.
  void start(const std::vector<Node*>& nodes);
  /// Ends Pacemaker, which stops what runs on the node, and then corosync.
  void stop(Node& node);
  /// Adds to the resources of the cluster.
  void add_resource(const std::string& xml);
  /// Sets a property of the cluster.
  void set_property(const std::string& name, const std::string& value);
  void standby(Node& node, bool on);
  /// What has failed of the resource on the node is forgotten: it is tried there again.
  void forgive(Node& node, const std::string& resource);

  PacemakerView view();
  /// Waits until exactly these nodes are online, one of them is elected, no node is in between, and each
  /// one's fencer knows the devices.
  void wait_online(const NodeSet& expected, Duration limit);
  /// Waits until the resource runs on exactly these.
  void wait_started(const std::string& resource, const NodeSet& expected, Duration limit);
  void wait_view(const std::string& what, Duration limit,
                 const std::function<Seen(const PacemakerView&)>& seen);
  /// Leaves the logs of the nodes that run beside their consoles.
  void keep_logs();

 private:
  Node& any() { return corosync_.any(); }
  /// On a busy host the fencer gives up on the CIB manager within ten seconds and goes on without a device
  /// (Pacemaker 2.1.5, setup_cib() in daemons/fenced/pacemaker-fenced.c). Ended, it is started anew.
  void connect_fencer(Node& node);

  Cluster& cluster_;
  WaitHub& hub_;
  Corosync corosync_;
  const std::string fencing_;
};

}  // namespace o2lab
