// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/fd.h"
#include "cluster/cluster.h"

namespace o2lab {

/// Unmounts every OCFS2 volume on every running node, side by side; throws check when one does not let go.
void unmount_all(Cluster& cluster);

/// The entries of /sys/kernel/debug/kmemleak whose backtrace passes through a module of the cluster stack or
/// through configfs.
/// What the source loses without the series as well does not count.
std::string leaks_of_cluster_modules(const std::string& kmemleak);

/// Memory that the cluster modules allocated on a running node and that nothing points to any more, on a
/// kernel with kmemleak (mm/kmemleak.c); throws check with what it says. Takes some seconds, as kmemleak
/// wants its objects aged.
/// All that it says is kept as nodeN.kmemleak.
void audit_leaks(Cluster& cluster, WaitHub& hub);

/// fsck.ocfs2 -fn on a volume that nobody uses, from the host; throws check with its words when it is not
/// clean.
void audit_fsck(const fs::path& image);

}  // namespace o2lab
