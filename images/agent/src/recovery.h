// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>
#include <string>

#include "host.h"

namespace o2member {

/// Numbers of the nodes whose journals this node still has to recover for a mounted volume, as its debugfs
/// file fs_state tells (ocfs2_osb_dump, fs/ocfs2/super.c). Empty without debugfs.
std::set<long> nodes_in_recovery(Host& host, const std::string& uuid);

/// Waits until the recovery of this node is over; false when `limit` is over first.
bool wait_recovered(Host& host, const std::string& uuid, long node, Milliseconds limit);

}  // namespace o2member
