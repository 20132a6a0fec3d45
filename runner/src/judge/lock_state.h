// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cluster/cluster.h"

namespace o2lab {

/// What is asked of a node: shell.
std::string lock_state_script();

/// Name of what keep_lock_state() writes, in the folder of the case.
std::string lock_state_name(int node);

/// For a case that has failed: leaves what each running node holds and waits for beside its console, its lock
/// resources and masters-to-be (debugfs o2dlm), the file system's locks (debugfs ocfs2), its connections
/// (debugfs o2net), and the kernel stacks of tasks that sleep without a signal waking them. A node that does
/// not answer leaves why; never throws.
void keep_lock_state(Cluster& cluster) noexcept;

}  // namespace o2lab
