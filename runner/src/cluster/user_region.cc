// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/user_region.h"

#include "cluster/o2cb_script.h"

namespace o2lab {

UserRegion::UserRegion(ConfigCalls calls, const Topology& topology, const std::string& name)
    : calls_(calls), cluster_(o2cb_script::cluster_dir(topology)), dir_(cluster_ + "/heartbeat/" + name) {}

std::string UserRegion::link(int number, const std::string& as) {
  const std::string name = fmt::format("node{}", number);
  return calls_.ln(cluster_ + "/node/" + name, path(as.empty() ? name : as));
}

}  // namespace o2lab
