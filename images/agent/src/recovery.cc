// SPDX-License-Identifier: GPL-2.0-or-later
#include "recovery.h"

#include "cluster_tree.h"
#include "text.h"

namespace o2member {

namespace {

constexpr Milliseconds kBetweenLooks{100};

}  // namespace

std::set<long> nodes_in_recovery(Host& host, const std::string& uuid) {
  std::set<long> nodes;
  const std::string state = host.read("/sys/kernel/debug/ocfs2/" + uuid + "/fs_state").value_or("");
  for (const std::string& line : lines_of(state)) {
    constexpr std::string_view kNodes = "Nodes:";
    const size_t at = line.find(kNodes);
    if (at == std::string::npos || line.find("Recovery =>") == std::string::npos) continue;
    for (const std::string& word : words_of(std::string_view(line).substr(at + kNodes.size())))
      if (const long number = number_of(word, kLastNode); number >= 0) nodes.insert(number);
  }
  return nodes;
}

bool wait_recovered(Host& host, const std::string& uuid, long node, Milliseconds limit) {
  const auto end = host.now() + limit;
  while (nodes_in_recovery(host, uuid).contains(node)) {
    if (host.now() >= end) return false;
    host.pause(kBetweenLooks);
  }
  return true;
}

}  // namespace o2member
