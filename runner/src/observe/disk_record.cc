// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/disk_record.h"

#include "cluster/cluster.h"

namespace o2lab {

DiskRecord read_disk_record(const fs::path& dir, int nodes, int volumes, std::vector<std::string>& full) {
  DiskRecord record;
  for (int volume = 0; volume < volumes; ++volume)
    for (int node = 1; node <= nodes; ++node) {
      DiskLog log(dir / disk_log_name(node, volume));
      log.refresh();
      record[{node, volume}] = log.requests();
      if (log.full()) full.push_back(disk_log_name(node, volume));
    }
  return record;
}

}  // namespace o2lab
