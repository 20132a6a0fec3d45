// SPDX-License-Identifier: GPL-2.0-or-later
#include "volume_watch.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "failure.h"
#include "recovery.h"

namespace o2member {

namespace {

constexpr int kSendTries = 100;
constexpr Milliseconds kSendAgain{10};

VolumeWatch& watch_of(cpg_handle_t handle) {
  void* context = nullptr;
  cpg_context_get(handle, &context);
  return *static_cast<VolumeWatch*>(context);
}

NodeSet set_of(const cpg_address* nodes, size_t count) {
  NodeSet set;
  for (size_t i = 0; i < count; ++i)
    if (nodes[i].nodeid < kMaxNodes) set.set(nodes[i].nodeid);
  return set;
}

void on_message(cpg_handle_t handle, const cpg_name* /*group*/, uint32_t node, uint32_t /*pid*/, void* data,
                size_t size) {
  Message message;
  if (Message::decode(data, size, message)) watch_of(handle).core().received(node, message, Clock::now());
}

void on_change(cpg_handle_t handle, const cpg_name* /*group*/, const cpg_address* members,
               size_t member_count, const cpg_address* gone, size_t gone_count, const cpg_address* joined,
               size_t joined_count) {
  const NodeSet now = set_of(members, member_count);
  NodeSet left;
  NodeSet lost;
  for (size_t i = 0; i < gone_count; ++i)
    if (gone[i].nodeid < kMaxNodes) (gone[i].reason == CPG_REASON_LEAVE ? left : lost).set(gone[i].nodeid);
  // A watch that was started again may be back before the end of the last one is told.
  watch_of(handle).core().group(now, set_of(joined, joined_count), left & ~now, lost & ~now, Clock::now());
}

}  // namespace

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

VolumeWatch::VolumeWatch(Host& host, FenceRunner& fences, const ClusterTree& tree, const std::string& uuid,
                         const WatchCore::Patience& patience)
    : host_(host),
      fences_(fences),
      tree_(tree),
      region_(host, tree_, uuid),
      core_(*this, own_number(tree), patience) {}

uint32_t VolumeWatch::own_number(const ClusterTree& tree) {
  return static_cast<uint32_t>(tree.nodes().at(tree.own()));
}

void VolumeWatch::prepare_names() {
  tree_ = ClusterTree::find(host_, tree_.root(), tree_.name());
  needs_names_ = false;
  configured_.reset();
  for (const auto& [name, number] : tree_.nodes()) {
    if (number < 0 || number >= static_cast<long>(kMaxNodes)) continue;
    const auto at = static_cast<size_t>(number);
    if (names_[at] != name) paths_[at] = tree_.region_path(uuid()) + "/" + name;
    names_[at] = name;
    configured_.set(at);
  }
}

NodeSet VolumeWatch::linked_now() {
  NodeSet linked;
  const auto links = region_.links();
  for (size_t number = 0; number < kMaxNodes; ++number) {
    const auto found = links.find(names_[number]);
    if (names_[number].empty() || found == links.end()) continue;
    paths_[number] = tree_.region_path(uuid()) + "/" + found->second;
    linked.set(number);
  }
  return linked;
}

cpg_name VolumeWatch::group_name() const {
  const std::string text = "o2member:" + uuid();
  cpg_name name{};
  name.length = static_cast<uint32_t>(text.size());
  std::memcpy(name.value, text.data(), text.size());
  return name;
}

int VolumeWatch::descriptor() const {
  int fd = -1;
  return connected_ && cpg_fd_get(handle_, &fd) == CS_OK ? fd : -1;
}

void VolumeWatch::connect(uint64_t session) {
  prepare_names();
  const std::string region = tree_.region_path(uuid());
  if (const int error = host_.make_directory(region); error != 0 && error != EEXIST)
    throw Failure(Ocf::generic, "cannot make " + region + ": " + errno_text(error));
  cpg_callbacks_t callbacks{.cpg_deliver_fn = on_message, .cpg_confchg_fn = on_change};
  if (const cs_error_t error = cpg_initialize(&handle_, &callbacks); error != CS_OK)
    throw Failure(Ocf::generic, std::string("corosync's process groups: ") + cs_strerror(error));
  connected_ = true;
  cpg_context_set(handle_, this);
  uint32_t called = 0;
  cpg_local_get(handle_, &called);
  if (called != own_number(tree_))
    throw Failure(Ocf::configured, "corosync's nodeid of this machine is " + std::to_string(called) +
                                       ", and its number in configfs " + std::to_string(own_number(tree_)));
  core_.begin(linked_now(), configured_, session);
  const cpg_name name = group_name();
  if (const cs_error_t error = cpg_join(handle_, &name); error != CS_OK)
    throw Failure(Ocf::generic, "cannot join the group of " + uuid() + ": " + cs_strerror(error));
}

void VolumeWatch::disconnect() {
  if (connected_) cpg_finalize(handle_);
  connected_ = false;
}

bool VolumeWatch::dispatch() {
  const cs_error_t error = cpg_dispatch(handle_, CS_DISPATCH_ALL);
  return error == CS_OK || error == CS_ERR_TRY_AGAIN;
}

bool VolumeWatch::leave() {
  try {
    region_.leave();
  } catch (const Failure& failure) {
    host_.say(failure.what());
    return false;
  }
  const cpg_name name = group_name();
  if (connected_) cpg_leave(handle_, &name);
  return true;
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
  return nodes_in_recovery(host_, uuid()).contains(node);
}

void VolumeWatch::send(const Message& message) {
  Message::Bytes bytes = message.encode();
  const iovec part{bytes.data(), bytes.size()};
  // Corosync is busy changing the membership for a moment; a connection that is lost is noticed elsewhere.
  for (int tries = 0; tries < kSendTries; ++tries) {
    if (cpg_mcast_joined(handle_, CPG_TYPE_AGREED, &part, 1) != CS_ERR_TRY_AGAIN) return;
    host_.pause(kSendAgain);
  }
}

void VolumeWatch::fence(uint32_t node, uint32_t ticket) {
  tell("o2member: %s: fencing %s\n", uuid().c_str(), names_[node].c_str());
  if (!fences_.ask(node, ticket, names_[node].c_str()))
    tell("o2member: fencing of %s cannot be asked for\n", names_[node].c_str());
}

}  // namespace o2member
