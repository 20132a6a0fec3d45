// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/o2cb.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "cluster/o2cb_script.h"

namespace o2lab {

NodeSet parse_nodes(const std::string& text) {
  NodeSet out;
  std::istringstream in(text);
  for (int number = 0; in >> number;) out.insert(number);
  return out;
}

std::string text_of(const NodeSet& nodes) {
  return nodes.empty() ? "none" : fmt::format("{}", fmt::join(nodes, " "));
}

void O2cb::configure_one(Node& node, const Topology& topology) {
  node.sh(o2cb_script::configure(topology, cluster_.size(), node.number(), cluster_.plan().record), 60s);
}

void O2cb::configure(const std::vector<Node*>& nodes) {
  on_each(nodes, [&](Node& node) { configure_one(node, cluster_.topology()); });
}

void O2cb::configure_with_threshold(Node& node, unsigned dead_threshold) {
  Topology other = cluster_.topology();
  other.dead_threshold = dead_threshold;
  configure_one(node, other);
}

void O2cb::unconfigure(const std::vector<Node*>& nodes) {
  on_each(nodes, [&](Node& node) { node.sh(o2cb_script::unconfigure(cluster_.topology()), 60s); });
}

void O2cb::format(Node& node) {
  uuids_.clear();
  for (int volume = 0; volume < cluster_.plan().volumes; ++volume) {
    node.sh(o2cb_script::mkfs(cluster_.topology(), volume), 60s);
    uuid(volume);
  }
}

std::string O2cb::uuid(int volume) {
  return uuids_.get(volume, [this](int wanted) {
    // The volume's UUID lies in its superblock, block 2 of 4 KiB: ocfs2_dinode.id2.i_super.s_uuid
    // (fs/ocfs2/ocfs2_fs.h).
    constexpr uint64_t kSuperblock = 2 * 4096;
    constexpr uint64_t kSuper = 192;
    constexpr uint64_t kUuid = 144;
    std::string text;
    for (const std::byte byte : cluster_.disk(wanted).read(kSuperblock + kSuper + kUuid, 16))
      text += fmt::format("{:02X}", std::to_integer<unsigned>(byte));
    return text;
  });
}

void O2cb::start_heartbeat(Node& node) {
  if (user_mode()) {
    for (int volume = 0; volume < cluster_.plan().volumes; ++volume)
      node.sh(o2cb_script::make_region(cluster_.topology(), uuid(volume), cluster_.size(), node.number()));
    return;
  }
  for (int volume = 0; volume < cluster_.plan().volumes; ++volume)
    node.sh(fmt::format("ocfs2_hb_ctl -S -d {} svc", o2cb_script::device(volume)), 60s);
}

void O2cb::stop_heartbeat(Node& node) {
  if (user_mode()) {
    for (int volume = 0; volume < cluster_.plan().volumes; ++volume)
      node.sh(o2cb_script::remove_region(cluster_.topology(), uuid(volume), node.number()));
    return;
  }
  for (int volume = 0; volume < cluster_.plan().volumes; ++volume)
    node.sh(fmt::format("ocfs2_hb_ctl -K -d {} svc", o2cb_script::device(volume)), 60s);
}

void O2cb::mount(Node& node, int volume, Duration limit) {
  node.sh(fmt::format("mkdir -p {1} && mount -t ocfs2 {0} {1}", o2cb_script::device(volume),
                      o2cb_script::mount_point(volume)),
          limit);
}

void O2cb::umount(Node& node, int volume) {
  node.sh("umount -i " + o2cb_script::mount_point(volume), 60s);
}

void O2cb::start_heartbeat_everywhere(const std::vector<Node*>& nodes) {
  on_each(nodes, [&](Node& node) { start_heartbeat(node); });
  NodeSet all;
  for (const Node* node : nodes) all.insert(node->number());
  const Deadline deadline = Deadline::in(cluster_.topology().dead_latest() + 20s);
  wait_live(nodes, all, deadline);
  wait_connected(nodes, all, deadline);
  if (user_mode()) return;
  // While every region is there: the recorders need to know where it lies.
  for (int volume = 0; volume < cluster_.plan().volumes; ++volume) heartbeat_region(*nodes[0], volume);
}

void O2cb::mount_everywhere(const std::vector<Node*>& nodes) {
  start_heartbeat_everywhere(nodes);
  mount_over_heartbeat(nodes);
}

void O2cb::mount_over_heartbeat(const std::vector<Node*>& nodes) {
  // The first mount writes the slot map and plays no journal; after it the others do not contend for the
  // super lock for long.
  const std::vector<Node*> rest(nodes.begin() + 1, nodes.end());
  for (int volume = 0; volume < cluster_.plan().volumes; ++volume) {
    mount(*nodes[0], volume);
    if (!rest.empty()) on_each(rest, [&](Node& node) { mount(node, volume); });
  }
  if (user_mode()) return;
  // The mount holds a reference of its own, so that umount ends the heartbeat as it does for users.
  on_each(nodes, [&](Node& node) { stop_heartbeat(node); });
}

NodeSet O2cb::live_nodes(Node& node) {
  return parse_nodes(node.sh("cat /sys/kernel/debug/o2hb/livenodes"));
}

NodeSet O2cb::connected_nodes(Node& node) {
  NodeSet out = parse_nodes(node.sh("cat /sys/kernel/debug/o2net/connected_nodes"));
  out.erase(node.number());
  return out;
}

NodeSet O2cb::domain_nodes(Node& node, int volume) {
  const std::string state =
      node.sh(fmt::format("cat /sys/kernel/debug/o2dlm/{}/dlm_state 2>/dev/null || true", uuid(volume)));
  constexpr std::string_view kKey = "Domain Map:";
  const size_t at = state.find(kKey);
  if (at == std::string::npos) return {};
  return parse_nodes(state.substr(at + kKey.size(), state.find('\n', at) - at - kKey.size()));
}

void O2cb::wait_view(const std::string& what, const std::vector<Node*>& viewers, Deadline deadline,
                     const std::function<NodeSet(Node&)>& view,
                     const std::function<NodeSet(const Node&)>& expected) {
  hub_.wait(
      what, deadline,
      [&] {
        Seen seen{true, ""};
        for (Node* node : viewers) {
          const NodeSet now = view(*node);
          if (now == expected(*node)) continue;
          seen.done = false;
          seen.last += fmt::format("{}{} sees {}", seen.last.empty() ? "" : ", ", node->name(), text_of(now));
        }
        return seen;
      },
      250ms, WaitHub::Ask::polled);
}

void O2cb::wait_live(const std::vector<Node*>& viewers, const NodeSet& expected, Deadline deadline) {
  wait_view(
      fmt::format("heartbeat of nodes {}", text_of(expected)), viewers, deadline,
      [&](Node& node) { return live_nodes(node); }, [&](const Node&) { return expected; });
}

void O2cb::wait_connected(const std::vector<Node*>& viewers, const NodeSet& among, Deadline deadline) {
  wait_view(
      fmt::format("connections among nodes {}", text_of(among)), viewers, deadline,
      [&](Node& node) { return connected_nodes(node); },
      [&](const Node& node) {
        NodeSet others = among;
        others.erase(node.number());
        return others;
      });
}

void O2cb::wait_domain(const std::vector<Node*>& viewers, const NodeSet& expected, Deadline deadline,
                       int volume) {
  wait_view(
      fmt::format("DLM domain of volume {} to be nodes {}", volume, text_of(expected)), viewers, deadline,
      [&](Node& node) { return domain_nodes(node, volume); }, [&](const Node&) { return expected; });
}

HeartbeatRegion O2cb::heartbeat_region(Node& node, int volume) {
  return regions_.get(volume, [&](int wanted) {
    const std::string dir =
        fmt::format("{}/heartbeat/{}", o2cb_script::cluster_dir(cluster_.topology()), uuid(wanted));
    std::istringstream values(node.sh(fmt::format("cd {} && cat start_block block_bytes blocks", dir)));
    HeartbeatRegion region;
    uint64_t start_block = 0;
    if (!(values >> start_block >> region.block_bytes >> region.blocks))
      fail(ErrorKind::infra, "{}: {} does not tell where the region lies", node.name(), dir);
    region.start_byte = start_block * region.block_bytes;
    return region;
  });
}

}  // namespace o2lab
