// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/fd.h"

namespace o2lab {

/// How another terminal reaches a lab that runs: kept in $XDG_STATE_HOME/o2lab/labs/ID.json for as long as
/// its nodes are up.
struct LabRecord {
  struct NodeEntry {
    int number = 0;
    uint16_t ssh_port = 0;  ///< of 127.0.0.1
  };
  std::string id;
  pid_t pid = 0;  ///< of the runner
  unsigned long long start_time = 0;
  pid_t supervisor =
      0;  ///< of that runner, filled in by PublishedLab; when it is gone nothing of the lab is left
  unsigned long long supervisor_start_time = 0;
  std::string started;   ///< wall time
  std::string what;      ///< "up three-node", "run Fencing.DiskHung"
  bool by_hand = false;  ///< made by `o2lab up`, so `o2lab down` may end it
  fs::path run_dir;
  fs::path user_key;
  std::string host_public;
  std::vector<NodeEntry> nodes;
};

/// Writes the record, atomically, and keeps it while it lives.
class PublishedLab {
 public:
  explicit PublishedLab(LabRecord record);
  ~PublishedLab();
  PublishedLab(const PublishedLab&) = delete;
  PublishedLab& operator=(const PublishedLab&) = delete;

 private:
  fs::path file_;
};

/// Labs whose runner is alive, oldest first; records of dead ones are removed.
std::vector<LabRecord> running_labs();
/// The lab named `id`, or the only one when `id` is empty; throws input that names those there are.
LabRecord find_lab(const std::string& id);
/// "node2" or "2"; throws input when the lab has no such node.
LabRecord::NodeEntry find_node(const LabRecord& lab, const std::string& name);

}  // namespace o2lab
