// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cluster_tree.h"
#include "failure.h"
#include "host.h"
#include "manager.h"
#include "mounts.h"
#include "notification.h"
#include "parameters.h"
#include "region.h"
#include "state_file.h"
#include "volume.h"

namespace o2member {

/// The OCF resource agent: one instance of a clone, one volume on one node.
class Agent {
 public:
  /// `sync` brings the node manager's tree into step with the cluster manager (sync.h); a failure of it is
  /// said, and what is there is used.
  Agent(Host& host, Manager& manager, Environment environment, std::function<void()> sync = {});

  /// Runs an action by its OCF name, says what went wrong, returns the exit code.
  Ocf run(const std::string& action);

  Ocf start();
  Ocf stop();
  Ocf monitor();
  Ocf notify();
  Ocf validate_all();

 private:
  void sync() const;
  /// The volume: what start has noted, the device, or what is mounted on the directory.
  MountOf mount_of() const;
  /// Number of the OCFS2 volume that is mounted on the directory, whichever it is; nothing when there is
  /// none.
  std::optional<std::string> number_mounted_here() const;
  std::optional<Mount> mount_here(const MountOf& which) const;
  /// UUID of the volume: what start has noted, else what the device says; empty when neither is to be had.
  std::string known_uuid() const;
  /// Keeps what stop has to know when the device is gone. Throws Failure.
  void note(const std::string& uuid, const std::string& cluster) const;
  /// Fails unless the kernel takes membership from userspace.
  void check_kernel() const;
  Volume require_volume() const;
  std::unique_ptr<Guard> lock() const;
  Milliseconds limit() const { return action_timeout(environment_, Milliseconds(60'000)); }

  void make_mount_point() const;
  void mount_volume() const;
  void unmount_volume(Clock::time_point end) const;
  void unexport(const std::string& point) const;
  bool leaves_by_hand() const;
  void leave_after_failure(Region& region) const;
  /// Waits until the manager calls this node down, or in good order; throws when it does not.
  void wait_proof(const std::string& node) const;
  void add_member(Region& region, const ClusterTree& tree, const std::string& node) const;
  /// Takes away members that are proven to be down, for which there was no notification.
  void drop_dead(Region& region, const ClusterTree& tree) const;

  Host& host_;
  Manager& manager_;
  const Environment environment_;
  const Parameters parameters_;
  const Notification notification_;
  const std::function<void()> sync_;
};

/// The agent's description of itself for Pacemaker.
std::string meta_data();

}  // namespace o2member
