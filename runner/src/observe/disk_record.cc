// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/disk_record.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "cluster/cluster.h"

namespace o2lab {

DiskRecord read_disk_record(const fs::path& dir, int nodes, int volumes, std::vector<std::string>& gaps) {
  DiskRecord record;
  for (int volume = 0; volume < volumes; ++volume)
    for (int node = 1; node <= nodes; ++node) {
      const std::string name = disk_log_name(node, volume);
      DiskLog log(dir / name);
      log.refresh();
      record[{node, volume}] = log.requests();
      if (!fs::exists(dir / name)) gaps.push_back(name + " is not there");
      if (log.full()) gaps.push_back(name + " is cut short");
      if (log.skipped() > 0)
        gaps.push_back(fmt::format("{} has {} lines that cannot be read", name, log.skipped()));
    }
  return record;
}

std::vector<std::string> beats_without_a_write(const std::vector<Event>& timeline, const DiskRecord& record) {
  std::set<std::pair<int, int>> told;
  for (const Event& event : timeline)
    if (const auto volume = volume_of_beat(event))
      if (event.fields.value("errno", "0") == "0") told.emplace(event.node, *volume);
  std::vector<std::string> out;
  for (const auto& path : told) {
    const auto requests = record.find(path);
    if (requests == record.end() || std::none_of(requests->second.begin(), requests->second.end(),
                                                 [](const DiskRequest& r) { return r.changes_data(); }))
      out.push_back(fmt::format("node{} has heartbeat on shared{}, and {} has no write of it", path.first,
                                path.second, disk_log_name(path.first, path.second)));
  }
  return out;
}

std::optional<int> volume_of_beat(const Event& event) {
  constexpr int kMinorsOfADisk = 16;  // SD_MINORS in drivers/scsi/sd.h; shared0 is sda
  if (event.source != "trace" || event.kind != "o2hb_beat") return std::nullopt;
  const std::string device = event.fields.value("dev", "");
  const size_t colon = device.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::atoi(device.c_str() + colon + 1) / kMinorsOfADisk;
}

}  // namespace o2lab
