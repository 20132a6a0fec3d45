// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "disk/disk_log.h"

namespace o2lab {

/// Requests of each node's path to each volume: (node, volume).
using DiskRecord = std::map<std::pair<int, int>, std::vector<DiskRequest>>;

/// What the paths of nodes 1 to `nodes` to so many volumes have recorded so far, from their logs in `dir`;
/// `full` gets the names of those that have reached their limit. Throws infra when one cannot be read.
DiskRecord read_disk_record(const fs::path& dir, int nodes, int volumes, std::vector<std::string>& full);

}  // namespace o2lab
