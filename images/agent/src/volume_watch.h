// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string>

#include "cluster_tree.h"
#include "host.h"
#include "inquiry.h"
#include "node_source.h"
#include "process_group.h"
#include "region.h"
#include "shared_fences.h"
#include "watch_core.h"

namespace o2member {

/// A line for the administrator, made without an allocation; cut at 255 bytes.
[[gnu::format(printf, 1, 2)]] void tell(const char* format, ...);

/// Who is configured, whether configfs has them or not: one of them that is not made there may use the volume
/// all the same. Throws Failure where the list cannot be right: a number that OCFS2 does not have, or this
/// machine not in it.
NodeSet numbers_of(const ClusterNodes& nodes);

/// One volume under watch: its links in configfs and its process group in corosync.
class VolumeWatch : public WatchActions, public ProcessGroup {
 public:
  VolumeWatch(Host& host, SharedFences& fences, WatchGroup& watches, const ClusterTree& tree,
              const std::string& uuid, const WatchCore::Patience& patience);

  const std::string& uuid() const { return region_.uuid(); }
  WatchCore& core() { return core_; }

  /// Joins the volume's group with what configfs has now; `nodes` is who is configured in corosync. Throws
  /// Failure.
  void connect(uint64_t session, const ClusterNodes& nodes);
  /// Whether a node has asked to come in that was not configured when this last looked.
  bool needs_names() const { return needs_names_; }
  /// Makes everything that the removal of a link needs, so that it allocates nothing. Throws Failure.
  void prepare_names(const ClusterNodes& nodes);
  /// Takes the membership back and says good-bye; false, and said why, while the volume is in use.
  bool leave();

  /// A fencing has ended, whoever of the volumes asked for it.
  void fence_ended(const SharedFences::Result& result);

  bool link(uint32_t node) override;
  bool unlink(uint32_t node) override;
  bool in_recovery(uint32_t node) override;
  void inquire(uint64_t number) override;
  bool send(const Message& message) override;
  bool fence(uint32_t node, uint32_t ticket, Clock::time_point missed) override;

 private:
  static uint32_t own_number(const ClusterTree& tree);
  NodeSet linked_now();
  void message(uint32_t from, const void* data, size_t size) override;
  void changed(const NodeSet& members, const NodeSet& joined, const NodeSet& left,
               const NodeSet& lost) override;

  Host& host_;
  SharedFences& fences_;
  WatchGroup& watches_;
  ClusterTree tree_;
  Region region_;
  WatchCore core_;
  AwaitedFences awaited_;
  NodeSet configured_;
  std::array<std::string, kMaxNodes> names_;        ///< of those that configfs has
  std::array<std::string, kMaxNodes> fence_names_;  ///< of all
  std::array<std::string, kMaxNodes> paths_;        ///< of the links
  bool needs_names_ = false;
  int last_error_ = 0;
};

}  // namespace o2member
