// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/corosync.h"

#include <fmt/format.h>

#include <random>

#include "base/error.h"

namespace o2lab {

namespace {

std::string random_key() {
  // 1024 bits at least, corosync_overview(8); any bytes will do.
  std::random_device random;
  std::string key;
  for (int i = 0; i < 32; ++i) key += fmt::format("{:08x}", random());
  return key;
}

}  // namespace

Corosync::Corosync(Cluster& cluster, WaitHub& hub) : cluster_(cluster), hub_(hub), key_(random_key()) {}

void Corosync::start(const std::vector<Node*>& nodes) {
  const std::string script =
      "set -e\n"
      "mkdir -p /etc/corosync /var/lib/corosync /var/log/corosync\n" +
      stack_config::into("/etc/corosync/authkey", key_) + "chmod 0400 /etc/corosync/authkey\n" +
      stack_config::into("/etc/corosync/corosync.conf",
                         stack_config::corosync(cluster_.topology(), cluster_.size(), kToken)) +
      "corosync\n";
  on_each(nodes, [&](Node& node) { node.sh(script, kCommand); });
  for (const Node* node : nodes) started_.insert(node->number());
  NodeSet expected;
  for (const Node* node : started()) expected.insert(node->number());
  wait_members(nodes, expected);
}

void Corosync::stop(Node& node) {
  started_.erase(node.number());
  node.sh("corosync-cfgtool -H", kCommand);
}

void Corosync::kill(Node& node) {
  node.sh("kill -9 $(pidof corosync)");
}

void Corosync::start_again(Node& node) {
  node.sh("corosync", kCommand);
}

void Corosync::wait_members(const std::vector<Node*>& viewers, const NodeSet& expected) {
  hub_.wait(
      fmt::format("corosync's members to be nodes {}", text_of(expected)),
      Deadline::in(formed_latest(cluster_.size())),
      [&] {
        Seen seen{true, ""};
        for (Node* node : viewers) {
          const NodeSet now = members_of(*node);
          seen.done = seen.done && now == expected;
          seen.last += fmt::format("{}{} sees {}", seen.last.empty() ? "" : ", ", node->name(), text_of(now));
        }
        return seen;
      },
      500ms, WaitHub::Ask::polled);
}

std::vector<Node*> Corosync::started() const {
  std::vector<Node*> nodes;
  for (Node* node : cluster_.running_nodes())
    if (started_.count(node->number()) > 0) nodes.push_back(node);
  return nodes;
}

Node& Corosync::any() const {
  const std::vector<Node*> nodes = started();
  if (nodes.empty()) fail(ErrorKind::input, "corosync runs on no node");
  return *nodes.front();
}

void Corosync::keep_logs(const std::vector<std::string>& files) {
  for (Node* node : cluster_.running_nodes())
    for (const std::string& file : files) {
      const CommandResult text = node->run("cat " + file, kCommand);
      write_file(
          cluster_.plan().log_dir / fmt::format("{}.{}", node->name(), fs::path(file).filename().native()),
          text.out);
    }
}

NodeSet Corosync::members_of(Node& node) {
  return parse_nodes(
      node.run("corosync-cmapctl -b runtime.members. | "
               "sed -n 's/^runtime[.]members[.]\\([0-9]*\\)[.]status .*= joined$/\\1/p' | tr '\\n' ' '",
               kCommand)
          .out);
}

}  // namespace o2lab
