// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/lab_record.h"

#include <algorithm>

#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/supervisor.h"

namespace o2lab {

namespace {

fs::path labs_dir() {
  const fs::path dir = published_lab_file("").parent_path();
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) fail(ErrorKind::environment, "{}: cannot be created: {}", dir.native(), error.message());
  return dir;
}

nlohmann::json json_of(const LabRecord& record) {
  nlohmann::json nodes = nlohmann::json::array();
  for (const auto& node : record.nodes)
    nodes.push_back({{"number", node.number}, {"ssh_port", node.ssh_port}});
  return {{"id", record.id},
          {"pid", record.pid},
          {"start_time", record.start_time},
          {"supervisor", record.supervisor},
          {"supervisor_start_time", record.supervisor_start_time},
          {"started", record.started},
          {"what", record.what},
          {"by_hand", record.by_hand},
          {"run_dir", record.run_dir.native()},
          {"user_key", record.user_key.native()},
          {"host_public", record.host_public},
          {"nodes", nodes}};
}

LabRecord record_of(const nlohmann::json& in) {
  LabRecord record;
  in.at("id").get_to(record.id);
  in.at("pid").get_to(record.pid);
  in.at("start_time").get_to(record.start_time);
  in.at("supervisor").get_to(record.supervisor);
  in.at("supervisor_start_time").get_to(record.supervisor_start_time);
  in.at("started").get_to(record.started);
  in.at("what").get_to(record.what);
  in.at("by_hand").get_to(record.by_hand);
  record.run_dir = in.at("run_dir").get<std::string>();
  record.user_key = in.at("user_key").get<std::string>();
  in.at("host_public").get_to(record.host_public);
  for (const auto& node : in.at("nodes"))
    record.nodes.push_back({node.at("number").get<int>(), node.at("ssh_port").get<uint16_t>()});
  return record;
}

}  // namespace

PublishedLab::PublishedLab(LabRecord record) : file_(published_lab_file(record.id)) {
  labs_dir();  // made if it is not there
  leave_clean_published(file_);
  record.supervisor = supervisor_pid();
  record.supervisor_start_time = start_time_of(record.supervisor);
  write_file(file_, json_of(record).dump(2) + "\n", 0600);
}

PublishedLab::~PublishedLab() {
  std::error_code ignored;
  fs::remove(file_, ignored);
}

std::vector<LabRecord> running_labs() {
  std::vector<LabRecord> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(labs_dir(), error)) {
    if (entry.path().extension() != ".json") continue;
    try {
      LabRecord record = record_of(nlohmann::json::parse(read_file(entry.path())));
      if (process_runs(record.pid, record.start_time)) {
        out.push_back(std::move(record));
        continue;
      }
    } catch (const std::exception&) {
      // Gone between listing and reading, or torn by a full disk: not a lab that anybody could reach.
    }
    std::error_code ignored;
    fs::remove(entry.path(), ignored);
  }
  std::sort(out.begin(), out.end(),
            [](const LabRecord& a, const LabRecord& b) { return a.started < b.started; });
  return out;
}

LabRecord find_lab(const std::string& id) {
  const std::vector<LabRecord> labs = running_labs();
  if (labs.empty()) fail(ErrorKind::input, "no lab runs: start one by `o2lab up three-node`");
  std::string names;
  for (const LabRecord& lab : labs) {
    if (lab.id == id || (id.empty() && labs.size() == 1)) return lab;
    names += " " + lab.id;
  }
  fail(ErrorKind::input, "{}: choose one by --lab:{}", id.empty() ? "several labs run" : "no lab " + id,
       names);
}

LabRecord::NodeEntry find_node(const LabRecord& lab, const std::string& name) {
  const std::string digits = name.rfind("node", 0) == 0 ? name.substr(4) : name;
  for (const auto& node : lab.nodes)
    if (std::to_string(node.number) == digits) return node;
  fail(ErrorKind::input, "{}: lab {} has nodes 1 to {}", name, lab.id, lab.nodes.size());
}

}  // namespace o2lab
