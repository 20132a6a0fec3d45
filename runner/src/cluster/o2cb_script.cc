// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/o2cb_script.h"

#include <fmt/format.h>

namespace o2lab::o2cb_script {

namespace {

int64_t in_ms(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

// Writes a value and reads it back, since some stores drop what they do not like.
std::string set(const std::string& attribute, const std::string& value) {
  return fmt::format("set_to {} {}\n", attribute, value);
}

constexpr const char* kHeader =
    "set -e\n"
    "set_to() {\n"
    "  echo \"$2\" > \"$1\" || { echo \"$1: the kernel refuses $2\" >&2; exit 1; }\n"
    "  read -r now < \"$1\"\n"
    "  [ \"$now\" = \"$2\" ] || { echo \"$1: reads $now after $2 was written\" >&2; exit 1; }\n"
    "}\n";

}  // namespace

std::string address(int node) {
  return fmt::format("10.77.0.{}", node);
}

std::string cluster_dir(const Topology& topology) {
  return "/sys/kernel/config/cluster/" + topology.cluster;
}

std::string device(int volume) {
  return fmt::format("/dev/shared{}", volume);
}

std::string mount_point(int volume) {
  return volume == 0 ? "/mnt" : fmt::format("/mnt{}", volume);
}

std::string configure(const Topology& topology, int nodes, int self, bool trace) {
  std::string script = kHeader;
  const std::string cluster = cluster_dir(topology);
  script += "modprobe -a ocfs2_nodemanager ocfs2_dlm ocfs2_stackglue ocfs2_stack_o2cb ocfs2\n";
  // An unpatched kernel has no such events; what needs them says so by itself.
  if (trace)
    script += "[ ! -d /sys/kernel/tracing/events/o2cb ] || echo 1 > /sys/kernel/tracing/events/o2cb/enable\n";
  script += set("/sys/fs/ocfs2/cluster_stack", "o2cb");
  if (topology.heartbeat_mode != HeartbeatMode::disk)
    script += set(kHeartbeatMode, name_of(topology.heartbeat_mode));
  script += fmt::format("mkdir {}\n", cluster);
  script += set(cluster + "/heartbeat/dead_threshold", fmt::format("{}", topology.dead_threshold));
  // The kernel keeps keepalive below idle at each single write: a short keepalive first leaves room for
  // either direction.
  script += set(cluster + "/keepalive_delay_ms", "50");
  script += set(cluster + "/idle_timeout_ms", fmt::format("{}", in_ms(topology.idle_timeout)));
  script += set(cluster + "/keepalive_delay_ms", fmt::format("{}", in_ms(topology.keepalive_delay)));
  script += set(cluster + "/reconnect_delay_ms", fmt::format("{}", in_ms(topology.reconnect_delay)));
  script += set(cluster + "/fence_method", name_of(topology.fence_method));
  for (int node = 1; node <= nodes; ++node) {
    const std::string dir = fmt::format("{}/node/node{}", cluster, node);
    script += fmt::format("mkdir {}\n", dir);
    script += set(dir + "/ipv4_port", fmt::format("{}", kPort));
    script += set(dir + "/ipv4_address", address(node));
    script += set(dir + "/num", fmt::format("{}", node));
  }
  script += set(fmt::format("{}/node/node{}/local", cluster, self), "1");
  return script;
}

std::string unconfigure(const Topology& topology) {
  const std::string cluster = cluster_dir(topology);
  std::string script = "set -e\n";
  script += fmt::format(
      "if [ -d {0} ]; then\n"
      "  find {0}/heartbeat -mindepth 2 -type l -exec rm {{}} +\n"
      "  find {0}/heartbeat {0}/node -mindepth 1 -maxdepth 1 -type d -exec rmdir {{}} +\n"
      "  rmdir {0}\nfi\n",
      cluster);
  script += "modprobe -r ocfs2_stack_o2cb ocfs2 ocfs2_dlm ocfs2_nodemanager ocfs2_stackglue\n";
  return script;
}

std::string make_region(const Topology& topology, const std::string& uuid, int nodes, int self) {
  const std::string cluster = cluster_dir(topology);
  const auto link = [&](int node) {
    return fmt::format("ln -s {0}/node/node{1} {0}/heartbeat/{2}/node{1}\n", cluster, node, uuid);
  };
  std::string script = fmt::format("set -e\nmkdir {}/heartbeat/{}\n", cluster, uuid);
  for (int node = 1; node <= nodes; ++node)
    if (node != self) script += link(node);
  return script + link(self);
}

std::string remove_region(const Topology& topology, const std::string& uuid, int self) {
  return fmt::format(
      "set -e\ncd {}/heartbeat/{}\nrm node{}\nfind . -type l -exec rm {{}} +\ncd ..\nrmdir {}\n",
      cluster_dir(topology), uuid, self, uuid);
}

std::string mkfs(const Topology& topology, int volume) {
  // A small journal keeps formatting and replay short; features are the tools' defaults.
  return fmt::format(
      "mkfs.ocfs2 -q -F -b 4096 -C 4096 -J size=8M -N {} -L volume{} --cluster-stack=o2cb --cluster-name={} "
      "{} </dev/null",
      topology.slots, volume, topology.cluster, device(volume));
}

}  // namespace o2lab::o2cb_script
