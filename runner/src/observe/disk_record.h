// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/event_log.h"
#include "base/fd.h"
#include "disk/disk_log.h"

namespace o2lab {

/// Requests of each node's path to each volume: (node, volume).
using DiskRecord = std::map<std::pair<int, int>, std::vector<DiskRequest>>;

/// What the paths of nodes 1 to `nodes` to so many volumes have recorded so far, from their logs in `dir`;
/// `gaps` gets what is not in it, in words: logs that are not there, have reached their limit or have lines
/// that cannot be read. Throws infra when one cannot be read at all.
DiskRecord read_disk_record(const fs::path& dir, int nodes, int volumes, std::vector<std::string>& gaps);

/// Nodes that say of good beats on a volume (o2hb_beat) of which the record has no write at all, in words.
/// Pure.
std::vector<std::string> beats_without_a_write(const std::vector<Event>& timeline, const DiskRecord& record);

/// The volume that an o2hb_beat tells of; empty for any other event.
std::optional<int> volume_of_beat(const Event& event);

}  // namespace o2lab
