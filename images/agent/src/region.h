// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cerrno>
#include <map>
#include <string>

#include "cluster_tree.h"
#include "host.h"

namespace o2member {

/// The membership of one volume on this node: ROOT/CLUSTER/heartbeat/UUID and its links. The rules that the
/// order of the calls keeps are the kernel's (Documentation/filesystems/ocfs2-heartbeat.rst).
class Region {
 public:
  Region(Host& host, const ClusterTree& tree, std::string uuid);

  const std::string& uuid() const { return uuid_; }
  bool exists() const { return host_.is_directory(path()); }
  /// Members by node name, each with the name of its link, which is free: what a link points to counts.
  /// Throws where they cannot be read.
  std::map<std::string, std::string, std::less<>> links() const;
  Names members() const;

  /// For a volume that is about to be mounted: the region with `peers` and then this node as its members, and
  /// no others. Throws at the first link that cannot be made; leave() then takes back what was made.
  void join(const Names& peers);
  /// For a watch that begins: makes the region if it is not there. Throws, besides what links() does, where
  /// the kernel uses the region and this node seems to be no member: then its links have not been seen.
  std::map<std::string, std::string, std::less<>> take_over();
  /// Makes `node` a member. Throws `installed` for a node that is not configured, `generic` with the kernel's
  /// answer.
  void add(const std::string& node);
  /// Ends the membership of another node: the kernel starts recovering it. It must be known to be gone.
  void remove(const std::string& node);
  /// For a volume that is not mounted any more: own link, peers' links, region. Throws and touches nothing
  /// while the kernel still uses the region.
  void leave();
  /// Whether a mount or DLM domain of this machine depends on it. One that is empty is gone afterwards.
  bool in_use() { return try_remove() == EBUSY; }

 private:
  std::string path() const { return tree_.region_path(uuid_); }
  /// Removes an empty region. A mounted volume's region is EBUSY, links or not; one that is not in use but
  /// has links is ENOTEMPTY. So this asks the kernel itself whether taking links away could fence this node.
  int try_remove() const { return host_.remove_directory(path()); }
  void unlink(const std::string& node, const std::string& link);

  Host& host_;
  const ClusterTree& tree_;
  std::string uuid_;
};

}  // namespace o2member
