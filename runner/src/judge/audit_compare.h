// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

namespace o2lab {

/// What nodes told (by number) held against each other.
struct Agreement {
  std::string looked_at;  ///< empty: there was nothing to compare
  std::string wrong;      ///< empty: they agree
};

/// Answers of lines "live 1 2 3", "connected 1 2", "domain UUID 1 2 3". Nodes that name a domain are in it:
/// each of them must have all of them in its map, and must see and be connected to all the others.
Agreement compare_views(const std::map<int, std::string>& answers);

/// Answers of "V MOUNTPOINT" and, below it, a line "CHECKSUM  FILE" for each file: the same on all nodes that
/// name the mount point.
Agreement compare_contents(const std::map<int, std::string>& answers);

}  // namespace o2lab
