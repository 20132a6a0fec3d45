// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crm.h"
#include "failure.h"
#include "host.h"
#include "managed.h"
#include "mounts.h"
#include "volume.h"

namespace o2member {

/// What mount(8) asks of its helper: mount.TYPE spec dir [-sfnv] [-N ns] [-o options] [-t type].
struct MountRequest {
  std::string device;
  std::string directory;
  std::vector<std::string> options;
  bool fake = false;  ///< everything but the mount itself
  bool verbose = false;
  bool other_namespace = false;
};

/// What umount(8) asks of its helper: umount.TYPE {dir|device} [-flnrv] [-N ns] [-t type].
struct UmountRequest {
  std::string target;
  bool force = false;
  bool lazy = false;
  bool read_only = false;  ///< if it fails, remount read-only: never done to a managed volume
  bool verbose = false;
  bool other_namespace = false;
};

/// How often to look at the mounts, and at Pacemaker: crm_mon takes seconds of a busy node's time, which what
/// is waited for needs more.
inline constexpr Milliseconds kGlance{200};
inline constexpr Milliseconds kLook{2000};

[[noreturn]] inline void fail(const std::string& text) {
  throw Failure(Ocf::generic, text);
}

/// mount and umount of a volume by hand, done by asking Pacemaker for it on this node.
///
/// A node is asked for, or left out, by a node attribute that ends with the node's manager (ManagedVolume::
/// wish); a location constraint with a rule on it turns that into what runs where.
class Hand {
 public:
  explicit Hand(Host& host) : host_(host), crm_(host) {}

  /// Returns when the volume is mounted here; throws Failure otherwise, and then nothing is asked for.
  void mount(const MountRequest& request);
  /// Returns when the volume is unmounted here and this node no member of it; the status for umount(8).
  int umount(const UmountRequest& request);

  /// How long Pacemaker may take for what it is asked for. Longer than any start or stop should be given.
  static constexpr Milliseconds kPatience{600'000};
  /// The resource that is made for a volume that none mounts; the administrator's own goes first.
  static constexpr const char* kTemplates[] = {"/etc/o2member/volume.xml", "/usr/share/o2member/volume.xml"};

 private:
  std::string require_node(const std::string& instead);
  std::unique_ptr<Guard> lock(const std::string& directory);
  std::optional<ManagedVolume> find(const Element& cib, dev_t number, const Volume& volume);
  void agree(const ManagedVolume& managed, const MountRequest& request, const std::string& directory);
  ManagedVolume make(const MountRequest& request, const std::string& directory, const Volume& volume);
  void open(const ManagedVolume& volume);
  std::string name_everywhere(const std::string& device, const Volume& volume);
  bool mounted(const std::string& directory, dev_t number);
  void wait_mounted(const ManagedVolume& volume, const std::string& node, const std::string& directory,
                    dev_t number);

  std::optional<Mount> find_mount(const std::string& target);
  std::optional<std::string> managed_directory(const Mount& mount);
  int unmount_only(const UmountRequest& request);
  void refuse_if_used(const ManagedVolume& volume, const Mount& mount, const std::string& cib,
                      const std::string& node);
  void wait_left(const ManagedVolume& volume, const std::string& node, const std::string& directory,
                 const MountOf& which, const CrmView& before);
  void say_if(bool wanted, const std::string& text) {
    if (wanted) host_.say(text);
  }

  Host& host_;
  Crm crm_;
};

/// The failures in `now` that were not there before.
std::vector<FailedAction> newer(const CrmView& now, const CrmView& before);

}  // namespace o2member
