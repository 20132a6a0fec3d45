// SPDX-License-Identifier: GPL-2.0-or-later
// Audits that ask the nodes, and the host.
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "cluster/o2cb_script.h"
#include "judge/audit.h"
#include "judge/audit_compare.h"

namespace o2lab {

namespace {

/// What a node says of the others, one line each: "live 1 2 3", "connected 1 2", "domain UUID 1 2 3".
constexpr const char* kViewScript =
    "cd /sys/kernel/debug 2>/dev/null || exit 0; "
    "echo live $(cat o2hb/livenodes 2>/dev/null); "
    "echo connected $(cat o2net/connected_nodes 2>/dev/null); "
    "for d in o2dlm/*/dlm_state; do [ -e $d ] || continue; n=${d#o2dlm/}; "
    "echo domain ${n%/dlm_state} $(sed -n 's/.*Domain Map: *//p' $d); done";

std::map<int, std::string> ask_all(Cluster& cluster, const std::string& script, Duration limit = 60s) {
  std::map<int, std::string> out;
  const std::vector<Node*> nodes = cluster.running_nodes();
  for (const Node* node : nodes) out[node->number()];
  on_each(nodes, [&](Node& node) { out.at(node.number()) = node.sh(script, limit); });
  return out;
}

/// What one question may take of the time there is.
Duration time_for(Deadline until) {
  return std::clamp<Duration>(until.left(), 1s, 60s);
}

/// Files and checksums of each mounted volume: "V /mnt" begins one.
std::string content_script(const Cluster& cluster) {
  std::string mounts;
  for (int volume = 0; volume < cluster.plan().volumes; ++volume)
    mounts += " " + o2cb_script::mount_point(volume);
  // Without the files that are too large to read on every node after every case.
  return fmt::format(
      "set -e; for v in{}; do grep -q \" $v ocfs2 \" /proc/mounts || continue; echo \"V $v\"; cd $v; "
      "find . -xdev -type f -size -16384k -exec md5sum {{}} + | sort -k 2; cd /; done",
      mounts);
}

}  // namespace

void audit_views(AuditResult& result, Cluster& cluster, WaitHub& hub, Deadline until) {
  hub.wait(
      "the nodes' views of each other to agree", until,
      [&] {
        const Agreement views = compare_views(ask_all(cluster, kViewScript, time_for(until)));
        result.looked_at = views.looked_at;
        return Seen{views.wrong.empty(), views.wrong};
      },
      250ms, WaitHub::Ask::polled);
}

void audit_contents(AuditResult& result, Cluster& cluster, WaitHub& hub, Deadline until, Duration a_node) {
  const std::string script = content_script(cluster);
  std::string wrong;
  // A writer that the case has just ended may still be inside of its last call.
  const auto same = [&] {
    wrong.clear();
    const Agreement contents = compare_contents(ask_all(cluster, script, a_node));
    wrong = contents.wrong;
    result.looked_at = contents.looked_at;
    if (contents.looked_at.empty()) {
      result.outcome = AuditResult::Outcome::skip;
      result.looked_at = "no volume is mounted twice";
    }
    return Seen{wrong.empty(), wrong};
  };
  try {
    hub.wait("every node to read the same", until, same, 500ms, WaitHub::Ask::polled);
  } catch (const Error& error) {
    // What differs to the end does, whatever else there was no time for.
    if (error.kind() != ErrorKind::timeout || wrong.empty()) throw;
    fail(ErrorKind::check, "{}", wrong);
  }
}

void audit_acknowledged(AuditResult& result, Cluster& cluster,
                        const std::vector<std::shared_ptr<const AckedFile>>& files, Deadline until) {
  int64_t records = 0;
  size_t checked = 0;
  std::map<std::string, Node*> readers;  // by mount point
  for (const auto& [node, text] : ask_all(cluster, "grep ' ocfs2 ' /proc/mounts || true", time_for(until))) {
    std::istringstream in(text);
    for (std::string device, mount, rest; in >> device >> mount && std::getline(in, rest);)
      readers.try_emplace(mount + "/", &cluster.node(node));
  }
  for (const auto& file : files) {
    const auto reader = std::find_if(readers.begin(), readers.end(), [&](const auto& candidate) {
      return file->file.starts_with(candidate.first);
    });
    if (reader == readers.end() || file->acknowledged == 0) continue;
    const RecordCheck check = check_records(*reader->second, file->file, file->node, time_for(until));
    ++checked;
    records += file->acknowledged;
    if (!check.clean || check.last < file->acknowledged)
      result.findings.push_back(fmt::format(
          "{} as {} reads it: record {} was acknowledged to node{}, the last one there is {}: {}", file->file,
          reader->second->name(), file->acknowledged.load(), file->node, check.last, check.text));
  }
  result.looked_at = fmt::format("{} acknowledged records in {} files", records, checked);
  if (checked > 0) return;
  result.outcome = AuditResult::Outcome::skip;
  result.looked_at = files.empty() ? "no writer that acknowledges" : "what was written to is not mounted";
}

void audit_lock_resources(AuditResult& result, Cluster& cluster, WaitHub& hub) {
  hub.wait(
      "o2dlm to be empty", Deadline::in(20s),
      [&] {
        std::string left;
        const auto answers =
            ask_all(cluster,
                    "cd /sys/kernel/debug/o2dlm 2>/dev/null || exit 0; for d in *; do [ ! -e "
                    "$d ] || echo $d $(grep -c ^NAME: $d/locking_state); done");
        for (const auto& [node, text] : answers)
          if (!text.empty()) left += fmt::format("node{}: domain and lock resources: {}", node, text);
        result.looked_at = fmt::format("{} nodes", answers.size());
        return Seen{left.empty(), left};
      },
      250ms, WaitHub::Ask::polled);
}

void audit_host(AuditResult& result, const fs::path& runtime_dir, const fs::path& case_dir) {
  size_t processes = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string command = read_file_or_empty(entry.path() / "cmdline");
    std::replace(command.begin(), command.end(), '\0', ' ');
    ++processes;
    if (command.find(runtime_dir.native() + "/") != std::string::npos)
      result.findings.push_back(fmt::format("process {} is left: {}", pid, command.substr(0, 200)));
  }
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(runtime_dir, error)) {
    ++files;
    if (entry.is_socket(error))
      result.findings.push_back(fmt::format("socket {} is left", entry.path().native()));
  }
  for (const auto& entry : fs::directory_iterator(case_dir, error)) {
    ++files;
    if (entry.path().extension() == ".img")
      result.findings.push_back(fmt::format("shared disk {} is left", entry.path().native()));
  }
  std::istringstream mounts(read_file_or_empty("/proc/self/mountinfo"));
  for (std::string line; std::getline(mounts, line);)
    for (const fs::path& dir : {runtime_dir, case_dir})
      if (line.find(" " + dir.native()) != std::string::npos)
        result.findings.push_back("a mount is left: " + line);
  result.looked_at = fmt::format("{} processes, {} files", processes, files);
}

}  // namespace o2lab
