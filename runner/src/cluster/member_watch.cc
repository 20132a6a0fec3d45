// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/member_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "cluster/o2cb_script.h"

namespace o2lab {

namespace {

constexpr const char* kLog = "/var/log/o2member.log";
constexpr const char* kPid = "/run/o2member.pid";

}  // namespace

MemberWatch::MemberWatch(Cluster& cluster, WaitHub& hub, const Patience& patience)
    : cluster_(cluster), hub_(hub), patience_(patience), corosync_(cluster, hub) {}

Duration MemberWatch::fenced_latest() const {
  return Corosync::detected_latest(cluster_.size()) + patience_.lost + kFencing;
}

void MemberWatch::start(const std::vector<Node*>& nodes) {
  corosync_.start(nodes);
  on_each(nodes, [&](Node& node) { start_again(node); });
}

std::string MemberWatch::command(const Node& node) const {
  std::string fence = "/usr/sbin/fence_o2lab off";
  if (const auto delay = delays_.find(node.number()); delay != delays_.end())
    fence = fmt::format("echo \"{}\" >/dev/kmsg; sleep {}; {}", kDelayed, delay->second / 1s, fence);
  std::string text = fmt::format("o2member watch --fence '{}' --patience {} --startup-patience {}", fence,
                                 patience_.lost / 1ms, patience_.startup / 1ms);
  const auto of_node = volumes_.find(node.number());
  for (int volume = 0; volume < cluster_.plan().volumes; ++volume)
    if (of_node == volumes_.end() ||
        std::find(of_node->second.begin(), of_node->second.end(), volume) != of_node->second.end())
      text += " --volume " + o2cb_script::device(volume);
  return text;
}

void MemberWatch::start_again(Node& node) {
  node.sh(fmt::format("setsid {} </dev/null >>{} 2>&1 & echo $! >{}", command(node), kLog, kPid));
}

void MemberWatch::kill(Node& node) {
  node.sh(fmt::format("kill -9 $(cat {})", kPid));
}

void MemberWatch::wait_connected(Node& node, int times) {
  hub_.wait(
      fmt::format("the watch on {} to be connected {} times", node.name(), times),
      Deadline::in(Corosync::formed_latest(cluster_.size())),
      [&] {
        const CommandResult log = node.run(fmt::format("cat {}", kLog));
        int seen = 0;
        for (size_t at = log.out.find("o2member: watching"); at != std::string::npos;
             at = log.out.find("o2member: watching", at + 1))
          ++seen;
        return Seen{seen >= times, fmt::format("{} times; it says:\n{}", seen, log.out)};
      },
      500ms, WaitHub::Ask::polled);
}

void MemberWatch::keep_logs() {
  corosync_.keep_logs({kLog, "/var/log/corosync/corosync.log"});
}

}  // namespace o2lab
