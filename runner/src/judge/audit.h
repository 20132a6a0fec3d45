// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/fd.h"
#include "cluster/cluster.h"

namespace o2lab {

/// Unmounts every OCFS2 volume on every running node, side by side; throws check when one does not let go.
void unmount_all(Cluster& cluster);

/// fsck.ocfs2 -fn on a volume that nobody uses, from the host; throws check with its words when it is not
/// clean.
void audit_fsck(const fs::path& image);

}  // namespace o2lab
