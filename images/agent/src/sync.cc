// SPDX-License-Identifier: GPL-2.0-or-later
#include "sync.h"

#include <cerrno>

#include "cluster_tree.h"
#include "failure.h"
#include "text.h"

namespace o2member {

namespace {

constexpr const char* kClusterStack = "/sys/fs/ocfs2/cluster_stack";
constexpr Milliseconds kOthers{30'000};

void check(const ClusterNodes& wanted) {
  std::string own;
  for (const ClusterNode& node : wanted.nodes) {
    const std::string called = node.name.empty() ? "node " + std::to_string(node.id) : node.name;
    if (node.name.empty() || node.name.find('/') != std::string::npos)
      throw Failure(Ocf::configured, called + " needs a name: set nodelist.node.name in corosync.conf");
    if (node.id > kLastNode)
      throw Failure(Ocf::configured,
                    called + " has nodeid " + std::to_string(node.id) +
                        ", and OCFS2's numbers end at 254: set nodelist.node.nodeid in corosync.conf");
    if (node.id == wanted.own) own = node.name;
  }
  if (own.empty()) throw Failure(Ocf::configured, "this machine is none of corosync's nodes");
  if (wanted.cluster.empty())
    throw Failure(Ocf::configured, "the cluster has no name: set totem.cluster_name in corosync.conf");
}

}  // namespace

Sync::Sync(Host& host, SyncOptions options, Resolve resolve)
    : host_(host), options_(std::move(options)), resolve_(std::move(resolve)) {}

void Sync::run(const ClusterNodes& wanted) {
  check(wanted);
  // Volumes start side by side when a machine boots: each would take the node that another has half made for
  // one that is out of step.
  const auto guard = host_.lock("sync", kOthers);
  if (!guard) throw Failure(Ocf::generic, "another o2member is filling configfs and does not end");
  prepare_kernel();
  cluster_path_ = options_.configfs + "/" + (options_.cluster.empty() ? wanted.cluster : options_.cluster);
  if (!host_.is_directory(cluster_path_)) {
    const int error = host_.make_directory(cluster_path_);
    if (error != 0)
      throw Failure(Ocf::generic, "cannot make " + cluster_path_ + ": " + errno_text(error) +
                                      "; the kernel has one cluster at a time, and there is: " +
                                      joined(clusters_below(host_, options_.configfs)));
  }
  Names names;
  for (const ClusterNode& node : wanted.nodes) names.insert(node.name);
  // First who has left: a number may go from one name to another.
  for (const std::string& name : host_.list(cluster_path_ + "/node").value_or(std::vector<std::string>{}))
    if (!names.contains(name)) drop(name);
  std::string failed;
  for (const ClusterNode& node : wanted.nodes)
    if (!bring(node, node.id == wanted.own)) failed += " " + node.name;
  if (!failed.empty()) throw Failure(Ocf::generic, "not in step with corosync:" + failed);
}

void Sync::prepare_kernel() {
  if (!host_.is_directory(options_.configfs)) {
    host_.run(
        {"modprobe", "-a", "ocfs2_nodemanager", "ocfs2_dlm", "ocfs2_stackglue", "ocfs2_stack_o2cb", "ocfs2"});
    if (!host_.is_directory(options_.configfs))
      host_.run({"mount", "-t", "configfs", "none", "/sys/kernel/config"});
    if (!host_.is_directory(options_.configfs))
      throw Failure(Ocf::installed,
                    "no " + options_.configfs + ": can ocfs2_nodemanager be loaded, is configfs mounted?");
  }
  const std::string stack = trimmed(host_.read(kClusterStack).value_or("o2cb"));
  if (stack != "o2cb" && !set(kClusterStack, "o2cb"))
    throw Failure(Ocf::generic, std::string(kClusterStack) + " is " + stack + " and cannot be made o2cb");
  const auto mode = host_.read(kHeartbeatMode);
  if (!mode)
    throw Failure(Ocf::installed, std::string(kHeartbeatMode) +
                                      " is missing: this kernel takes no membership from userspace");
  if (trimmed(*mode) != "user" && !set(kHeartbeatMode, "user"))
    throw Failure(Ocf::installed, std::string(kHeartbeatMode) + " is " + trimmed(*mode) +
                                      " and cannot be changed while there is a cluster: " +
                                      joined(clusters_below(host_, options_.configfs)));
}

bool Sync::bring(const ClusterNode& node, bool own) {
  const std::string address = resolve_(node.address);
  if (address.empty()) {
    host_.say(node.name + ": " +
              (node.address.empty() ? "no address on link " + std::to_string(options_.link)
                                    : node.address + " has no IPv4 address, and o2net no other"));
    return false;
  }
  if (!host_.is_directory(node_path(node.name))) return make(node, address, own);
  const bool same = attribute(node.name, "num") == std::to_string(node.id) &&
                    attribute(node.name, "ipv4_address") == address &&
                    attribute(node.name, "ipv4_port") == std::to_string(options_.port);
  if (same)
    return attribute(node.name, "local") == (own ? "1" : "0") ||
           set(node_path(node.name) + "/local", own ? "1" : "0");
  // Made by somebody else, or changed in corosync: possible only where nobody can have it in use.
  const int error = has_regions() ? EBUSY : host_.remove_directory(node_path(node.name));
  if (error == 0) return make(node, address, own);
  host_.say(node.name + " has number " + attribute(node.name, "num") + " and address " +
            attribute(node.name, "ipv4_address") + ":" + attribute(node.name, "ipv4_port") +
            ", and corosync says " + std::to_string(node.id) + " and " + address + ":" +
            std::to_string(options_.port) +
            "; it can be changed when no volume is mounted here: " + errno_text(error));
  return false;
}

bool Sync::make(const ClusterNode& node, const std::string& address, bool own) {
  const std::string path = node_path(node.name);
  const int error = host_.make_directory(path);
  if (error != 0) {
    host_.say("cannot make " + path + ": " + errno_text(error));
    return false;
  }
  // The kernel takes a number only with an address, and begins to listen with local.
  if (set(path + "/ipv4_port", std::to_string(options_.port)) && set(path + "/ipv4_address", address) &&
      set(path + "/num", std::to_string(node.id)) && (!own || set(path + "/local", "1")))
    return true;
  host_.remove_directory(path);
  return false;
}

void Sync::drop(const std::string& name) {
  const int error = has_regions() ? EBUSY : host_.remove_directory(node_path(name));
  if (error != 0)
    host_.say(name + " is no node of corosync's any more; it is kept until no volume is mounted here");
}

std::string Sync::attribute(const std::string& node, const std::string& name) {
  return trimmed(host_.read(node_path(node) + "/" + name).value_or(""));
}

bool Sync::set(const std::string& path, const std::string& value) {
  const int error = host_.write(path, value);
  // Some stores drop what they do not like without a word.
  const bool kept = error == 0 && trimmed(host_.read(path).value_or("")) == value;
  if (!kept) host_.say(path + " does not take " + value + (error == 0 ? "" : ": " + errno_text(error)));
  return kept;
}

bool Sync::has_regions() {
  const std::string regions = cluster_path_ + "/heartbeat";
  for (const std::string& name : host_.list(regions).value_or(std::vector<std::string>{}))
    if (host_.is_directory(regions + "/" + name)) return true;
  return false;
}

}  // namespace o2member
