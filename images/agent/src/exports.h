// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "host.h"

namespace o2member {

/// A directory that the NFS server exports, and to whom (exports(5)).
struct Export {
  std::string path;
  std::string client;
};

/// Those at or below `directory`, from the table that exportfs(8) keeps.
std::vector<Export> exports_within(Host& host, const std::string& directory);

}  // namespace o2member
