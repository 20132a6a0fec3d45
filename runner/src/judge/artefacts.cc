// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/artefacts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "cluster/cluster.h"
#include "disk/disk_log.h"
#include "judge/lock_state.h"
#include "observe/heartbeat_record.h"

namespace o2lab {

namespace {

/// Kernel lines of a console: those with a printk stamp, "[   12.345678] …".
std::string kernel_lines(const std::string& console) {
  std::istringstream in(console);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    line.erase(std::remove(line.begin(), line.end(), '\r'), line.end());
    const size_t close = line.find(']');
    if (line.rfind('[', 0) == 0 && close != std::string::npos &&
        line.find_first_not_of("[ .0123456789") == close)
      out += line + "\n";
  }
  return out;
}

/// Every heartbeat write of every node to every volume, decoded.
nlohmann::ordered_json heartbeat_of_all(const fs::path& case_dir, int nodes,
                                        const std::map<int, HeartbeatRegion>& regions) {
  // A beat is 2 s of sleep and what the writes and reads take.
  constexpr Duration kLongest = Topology::heartbeat_period + 1s;
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const auto& [volume, region] : regions)
    for (int node = 1; node <= nodes; ++node) {
      DiskLog log(case_dir / disk_log_name(node, volume));
      log.refresh();
      out.push_back(heartbeat_json(node, volume, region, heartbeat_writes(log.requests(), region), kLongest));
    }
  return out;
}

std::string tail(const std::string& text, size_t bytes) {
  if (text.size() <= bytes) return text;
  const size_t line = text.find('\n', text.size() - bytes);
  return line == std::string::npos ? std::string() : text.substr(line + 1);
}

}  // namespace

void collect_artefacts(const fs::path& run_dir, const fs::path& case_dir, int nodes,
                       const std::map<int, HeartbeatRegion>& regions, CaseResult& result) {
  const auto list = [&](const std::string& label, const std::string& file) {
    if (fs::exists(case_dir / file))
      result.artefacts.push_back({label, fs::relative(case_dir / file, run_dir).native()});
  };
  int telling = result.kernel_reports.empty() ? 1 : result.kernel_reports.front().node;
  if (telling < 1 || telling > nodes) telling = 1;
  for (int node = 1; node <= nodes; ++node) {
    const std::string stem = fmt::format("node{}", node);
    const std::string console = read_file_or_empty(case_dir / (stem + ".console"));
    if (console.empty()) continue;
    write_file(case_dir / (stem + ".dmesg"), kernel_lines(console));
    list(stem + " console", stem + ".console");
    list(stem + " dmesg", stem + ".dmesg");
    list(stem + " locks", lock_state_name(node));
    if (node == telling && result.failed()) result.console_tail = tail(console, 4000);
  }
  if (!regions.empty()) {
    write_file(case_dir / "heartbeat.json", heartbeat_of_all(case_dir, nodes, regions).dump(0) + "\n");
    list("heartbeat writes", "heartbeat.json");
  }
  list("network", "network.pcapng");
  list("history of the workload", "history.log");
  for (int volume = 0; volume < 4; ++volume)
    for (int node = 1; node <= nodes; ++node)
      list(fmt::format("node{} disk log", node), disk_log_name(node, volume));
  for (const char* report : {"verdict", "timing"})  // written once the result is complete
    result.artefacts.push_back(
        {report, (fs::relative(case_dir, run_dir) / (std::string(report) + ".json")).native()});
}

}  // namespace o2lab
