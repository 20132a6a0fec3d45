// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "host.h"

namespace o2member {

/// What the superblock of an OCFS2 volume says (struct ocfs2_super_block, fs/ocfs2/ocfs2_fs.h).
struct Volume {
  std::string uuid;               ///< 32 capital hexadecimal digits: the name of its heartbeat region
  bool local = false;             ///< made for one node only (mkfs.ocfs2 -M local)
  bool other_stack = false;       ///< belongs to a cluster stack that is not o2cb
  bool global_heartbeat = false;  ///< wants o2cb's global disk heartbeat
  std::string cluster;            ///< the cluster it is bound to; empty: none

  /// Read from the device itself, not from a cache or a tool's output. Nothing if there is no such volume.
  static std::optional<Volume> read(Host& host, const std::string& device);
  /// Throws unless several nodes of `cluster` can mount it by this agent. Empty `cluster`: any.
  void check(const std::string& device, const std::string& cluster_name) const;
};

}  // namespace o2member
