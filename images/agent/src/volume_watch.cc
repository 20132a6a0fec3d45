// SPDX-License-Identifier: GPL-2.0-or-later
#include "volume_watch.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "failure.h"
#include "recovery.h"

namespace o2member {

void tell(const char* format, ...) {
  char line[256];
  va_list values;
  va_start(values, format);
  const int size = std::vsnprintf(line, sizeof line, format, values);
  va_end(values);
  if (size <= 0) return;
  // Nobody is left to tell when this fails.
  [[maybe_unused]] const ssize_t written =
      ::write(2, line, std::min(static_cast<size_t>(size), sizeof line - 1));
}

VolumeWatch::VolumeWatch(Host& host, SharedFences& fences, WatchGroup& watches, const ClusterTree& tree,
                         const std::string& uuid, const WatchCore::Patience& patience)
    : ProcessGroup(host),
      host_(host),
      fences_(fences),
      watches_(watches),
      tree_(tree),
      region_(host, tree_, uuid),
      core_(*this, own_number(tree), patience) {}

uint32_t VolumeWatch::own_number(const ClusterTree& tree) {
  return static_cast<uint32_t>(tree.nodes().at(tree.own()));
}

NodeSet numbers_of(const ClusterNodes& nodes) {
  NodeSet numbers;
  for (const ClusterNode& node : nodes.nodes) {
    if (node.id > static_cast<uint32_t>(kLastNode))
      throw Failure(Ocf::generic, "corosync has a node " + std::to_string(node.id) +
                                      ": OCFS2's numbers end at " + std::to_string(kLastNode));
    numbers.set(node.id);
  }
  if (nodes.own > static_cast<uint32_t>(kLastNode) || !numbers.test(nodes.own))
    throw Failure(Ocf::generic, "this machine is none of the nodes that corosync has");
  return numbers;
}

void VolumeWatch::prepare_names(const ClusterNodes& nodes) {
  configured_ = numbers_of(nodes);
  for (const ClusterNode& node : nodes.nodes) fence_names_[node.id] = node.name;
  tree_ = ClusterTree::find(host_, tree_.root(), tree_.name());
  needs_names_ = false;
  core_.configure(configured_);
  for (const auto& [name, number] : tree_.nodes()) {
    if (number < 0 || number >= static_cast<long>(kMaxNodes)) continue;
    const auto at = static_cast<size_t>(number);
    if (names_[at] != name) paths_[at] = tree_.region_path(uuid()) + "/" + name;
    names_[at] = name;
    fence_names_[at] = name;
  }
}

NodeSet VolumeWatch::linked_now() {
  NodeSet linked;
  const auto links = region_.take_over();
  for (size_t number = 0; number < kMaxNodes; ++number) {
    const auto found = links.find(names_[number]);
    if (names_[number].empty() || found == links.end()) continue;
    paths_[number] = tree_.region_path(uuid()) + "/" + found->second;
    linked.set(number);
  }
  return linked;
}

void VolumeWatch::connect(uint64_t session, const ClusterNodes& nodes) {
  prepare_names(nodes);
  const NodeSet linked = linked_now();
  const uint32_t called = open();
  if (called != own_number(tree_))
    throw Failure(Ocf::configured, "corosync's nodeid of this machine is " + std::to_string(called) +
                                       ", and its number in configfs " + std::to_string(own_number(tree_)));
  core_.begin(linked, configured_, session);
  join("o2member:" + uuid());
}

void VolumeWatch::message(uint32_t from, const void* data, size_t size) {
  Message message;
  if (Message::decode(data, size, message)) core_.received(from, message, Clock::now());
}

void VolumeWatch::changed(const NodeSet& members, const NodeSet& joined, const NodeSet& left,
                          const NodeSet& lost) {
  core_.group(members, joined, left, lost, Clock::now());
}

bool VolumeWatch::leave() {
  try {
    region_.leave();
  } catch (const Failure& failure) {
    host_.say(failure.what());
    return false;
  }
  if (say_good_bye()) return true;
  host_.say("corosync does not take the good-bye of " + uuid() + ": the others may have this node fenced");
  return false;
}

bool VolumeWatch::link(uint32_t node) {
  if (names_[node].empty()) {
    needs_names_ = true;
    return false;
  }
  int error = host_.make_link(tree_.node_path(names_[node]), paths_[node]);
  if (error == EEXIST) error = 0;
  if (error == 0) {
    tell("o2member: member of %s: %s\n", uuid().c_str(), names_[node].c_str());
  } else if (error != last_error_) {
    tell("o2member: the kernel refuses to link %s into %s: %s\n", names_[node].c_str(), uuid().c_str(),
         std::strerror(error));
  }
  last_error_ = error;
  return error == 0;
}

bool VolumeWatch::unlink(uint32_t node) {
  const int error = host_.remove_file(paths_[node]);
  tell("o2member: no member of %s any more: %s%s%s\n", uuid().c_str(), names_[node].c_str(),
       error == 0 ? "" : ": ", error == 0 ? "" : std::strerror(error));
  return error == 0 || error == ENOENT;
}

bool VolumeWatch::in_recovery(uint32_t node) {
  try {
    return nodes_in_recovery(host_, uuid()).contains(node);
  } catch (const Failure&) {
    return true;  // asked again at the next look
  }
}

bool VolumeWatch::send(const Message& message) {
  const Message::Bytes bytes = message.encode();
  return multicast(bytes.data(), bytes.size());
}

void VolumeWatch::inquire(uint64_t number) {
  watches_.send({.type = Inquiry::Type::question, .number = number, .uuid = uuid()});
}

bool VolumeWatch::fence(uint32_t node, uint32_t ticket, Clock::time_point missed) {
  const char* name = fence_names_[node].c_str();
  awaited_.ask(node, ticket, missed);
  const bool asked = *name != '\0' && fences_.ask(node, name, missed, host_.now());
  if (asked) {
    tell("o2member: %s: fencing %s\n", uuid().c_str(), name);
  } else {
    awaited_.forget(node);
    tell("o2member: %s: fencing of node %u (%s) cannot be asked for\n", uuid().c_str(), node, name);
  }
  return asked;
}

void VolumeWatch::fence_ended(const SharedFences::Result& result) {
  awaited_.answer(result, core_, host_.now());
}

}  // namespace o2member
