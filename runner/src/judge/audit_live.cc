// SPDX-License-Identifier: GPL-2.0-or-later
// Audits that ask the nodes, and the host.
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "cluster/o2cb_script.h"
#include "judge/audit.h"

namespace o2lab {

namespace {

NodeSet numbers_in(const std::string& text) {
  NodeSet out;
  std::istringstream in(text);
  for (int number = 0; in >> number;) out.insert(number);
  return out;
}

/// What a node says of the others, one line each: "live 1 2 3", "connected 1 2", "domain UUID 1 2 3".
constexpr const char* kViewScript =
    "cd /sys/kernel/debug 2>/dev/null || exit 0; "
    "echo live $(cat o2hb/livenodes 2>/dev/null); "
    "echo connected $(cat o2net/connected_nodes 2>/dev/null); "
    "for d in o2dlm/*/dlm_state; do [ -e $d ] || continue; n=${d#o2dlm/}; "
    "echo domain ${n%/dlm_state} $(sed -n 's/.*Domain Map: *//p' $d); done";

struct View {
  NodeSet live, connected;
  std::map<std::string, NodeSet> domains;
};

View parse_view(const std::string& text) {
  View view;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string what;
    std::string rest;
    words >> what;
    if (what == "domain") {
      std::string name;
      words >> name;
      std::getline(words, rest);
      view.domains[name] = numbers_in(rest);
      continue;
    }
    std::getline(words, rest);
    (what == "live" ? view.live : view.connected) = numbers_in(rest);
  }
  return view;
}

std::map<int, std::string> ask_all(Cluster& cluster, const std::string& script, Duration limit = 60s) {
  std::map<int, std::string> out;
  const std::vector<Node*> nodes = cluster.running_nodes();
  for (const Node* node : nodes) out[node->number()];
  on_each(nodes, [&](Node& node) { out.at(node.number()) = node.sh(script, limit); });
  return out;
}

/// What is wrong in these views, empty when they agree.
std::string disagreement(const std::map<int, View>& views) {
  std::map<std::string, NodeSet> members;
  for (const auto& [node, view] : views)
    for (const auto& [domain, map] : view.domains) members[domain].insert(node);
  std::string wrong;
  for (const auto& [domain, joined] : members)
    for (const int node : joined) {
      const View& view = views.at(node);
      if (view.domains.at(domain) != joined)
        wrong += fmt::format("node{} has nodes {} in domain {}, which nodes {} are in; ", node,
                             text_of(view.domains.at(domain)), domain, text_of(joined));
      for (const int other : joined) {
        if (other == node) continue;
        if (view.live.count(other) == 0) wrong += fmt::format("node{} does not see node{} up; ", node, other);
        if (view.connected.count(other) == 0)
          wrong += fmt::format("node{} is not connected to node{}; ", node, other);
      }
    }
  return wrong.empty() ? "" : wrong.substr(0, wrong.size() - 2);
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

std::map<std::string, std::string> by_volume(const std::string& text) {
  std::map<std::string, std::string> out;
  std::istringstream in(text);
  std::string volume;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("V "))
      out[volume = line.substr(2)];
    else
      out[volume] += line + "\n";
  return out;
}

std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream left(a);
  std::istringstream right(b);
  for (std::string l, r;;) {
    const bool more_left = static_cast<bool>(std::getline(left, l));
    const bool more_right = static_cast<bool>(std::getline(right, r));
    if (!more_left && !more_right) return "";
    if (l != r || more_left != more_right)
      return fmt::format("\"{}\" and \"{}\"", more_left ? l : "", more_right ? r : "");
  }
}

}  // namespace

void audit_views(AuditResult& result, Cluster& cluster, WaitHub& hub) {
  const Duration limit = cluster.topology().dead_latest() + 60s;
  hub.wait(
      "the nodes' views of each other to agree", Deadline::in(limit),
      [&] {
        std::map<int, View> views;
        size_t domains = 0;
        for (const auto& [node, text] : ask_all(cluster, kViewScript)) {
          views[node] = parse_view(text);
          domains += views[node].domains.size();
        }
        result.looked_at = fmt::format("{} nodes, {} domain maps", views.size(), domains);
        const std::string wrong = disagreement(views);
        return Seen{wrong.empty(), wrong};
      },
      250ms, WaitHub::Ask::polled);
}

void audit_contents(AuditResult& result, Cluster& cluster, WaitHub& hub) {
  const std::string script = content_script(cluster);
  // A writer that the case has just ended may still be inside of its last call.
  hub.wait(
      "every node to read the same", Deadline::in(60s),
      [&] {
        std::map<std::string, std::pair<int, std::string>> first;
        std::string wrong;
        size_t files = 0;
        size_t readers = 0;
        for (const auto& [node, text] : ask_all(cluster, script, 120s))
          for (const auto& [volume, sums] : by_volume(text)) {
            ++readers;
            const auto [known, added] = first.try_emplace(volume, node, sums);
            if (added) files += static_cast<size_t>(std::count(sums.begin(), sums.end(), '\n'));
            if (known->second.second == sums) continue;
            wrong += fmt::format("{}{}: node{} and node{} read {}", wrong.empty() ? "" : "; ", volume,
                                 known->second.first, node, first_difference(known->second.second, sums));
          }
        result.looked_at = fmt::format("{} files, {} mounts", files, readers);
        if (readers < 2) {
          result.outcome = AuditResult::Outcome::skip;
          result.looked_at = "no volume is mounted twice";
          return Seen{true, ""};
        }
        return Seen{wrong.empty(), wrong};
      },
      500ms, WaitHub::Ask::polled);
}

void audit_acknowledged(AuditResult& result, Cluster& cluster,
                        const std::vector<std::shared_ptr<const AckedFile>>& files) {
  int64_t records = 0;
  size_t checked = 0;
  std::map<std::string, Node*> readers;  // by mount point
  for (const auto& [node, text] : ask_all(cluster, "grep ' ocfs2 ' /proc/mounts || true")) {
    std::istringstream in(text);
    for (std::string device, mount, rest; in >> device >> mount && std::getline(in, rest);)
      readers.try_emplace(mount + "/", &cluster.node(node));
  }
  for (const auto& file : files) {
    const auto reader = std::find_if(readers.begin(), readers.end(), [&](const auto& candidate) {
      return file->file.starts_with(candidate.first);
    });
    if (reader == readers.end() || file->acknowledged == 0) continue;
    const RecordCheck check = check_records(*reader->second, file->file, file->node);
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
