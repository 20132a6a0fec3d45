// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "cluster/config_calls.h"
#include "cluster/topology.h"

namespace o2lab {

/// A region of user mode on one node: a directory whose links are the members. What each call returns:
/// ConfigCalls.
class UserRegion {
 public:
  UserRegion(ConfigCalls calls, const Topology& topology, const std::string& name);

  /// The region's own path, and that of a link in it.
  const std::string& dir() const { return dir_; }
  std::string path(const std::string& link) const { return dir_ + "/" + link; }

  std::string make() { return calls_.mkdir(dir_); }
  std::string remove() { return calls_.rmdir(dir_); }
  /// Links node `number`, whose directory is nodeN, under this name; empty: the node's.
  std::string link(int number, const std::string& as = "");
  /// Links whatever this path leads to.
  std::string link_path(const std::string& target, const std::string& as) {
    return calls_.ln(target, path(as));
  }
  std::string unlink(int number) { return unlink(fmt::format("node{}", number)); }
  std::string unlink(const std::string& link) { return calls_.rm(path(link)); }
  /// Names of the links, sorted, in one line.
  std::string links() { return calls_.list(dir_); }

 private:
  ConfigCalls calls_;
  std::string cluster_;
  std::string dir_;
};

}  // namespace o2lab
