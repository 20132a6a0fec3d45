// SPDX-License-Identifier: GPL-2.0-or-later
#include "process_group.h"

#include <sys/uio.h>

#include <cstring>
#include <exception>

#include "failure.h"

namespace o2member {

namespace {

constexpr Milliseconds kAgain{10};
constexpr Milliseconds kGoodBye{10'000};

ProcessGroup& group_of(cpg_handle_t handle) {
  void* context = nullptr;
  cpg_context_get(handle, &context);
  return *static_cast<ProcessGroup*>(context);
}

NodeSet set_of(const cpg_address* nodes, size_t count) {
  NodeSet set;
  for (size_t i = 0; i < count; ++i)
    if (nodes[i].nodeid < kMaxNodes) set.set(nodes[i].nodeid);
  return set;
}

}  // namespace

cs_error_t insist(Host& host, Milliseconds limit, const std::function<cs_error_t()>& ask) {
  for (const auto end = host.now() + limit;;) {
    const cs_error_t answer = ask();
    if (answer != CS_ERR_TRY_AGAIN || host.now() >= end) return answer;
    host.pause(kAgain);
  }
}

// No exception may go through corosync's C. What was told is lost then, so that the connection ends, too: the
// next begins with what configfs has.
template <typename Handle>
void ProcessGroup::guarded(ProcessGroup& group, const Handle& handle) {
  try {
    handle();
  } catch (const std::exception& failure) {
    group.host_.say(failure.what());
    group.failed_ = true;
  }
}

void ProcessGroup::on_message(cpg_handle_t handle, const cpg_name* /*group*/, uint32_t node, uint32_t /*pid*/,
                              void* data, size_t size) {
  ProcessGroup& group = group_of(handle);
  guarded(group, [&] { group.message(node, data, size); });
}

void ProcessGroup::on_change(cpg_handle_t handle, const cpg_name* /*group*/, const cpg_address* members,
                             size_t member_count, const cpg_address* gone, size_t gone_count,
                             const cpg_address* joined, size_t joined_count) {
  const NodeSet now = set_of(members, member_count);
  NodeSet left;
  NodeSet lost;
  for (size_t i = 0; i < gone_count; ++i)
    if (gone[i].nodeid < kMaxNodes) (gone[i].reason == CPG_REASON_LEAVE ? left : lost).set(gone[i].nodeid);
  // A watch that was started again may be back before the end of the last one is told.
  ProcessGroup& group = group_of(handle);
  guarded(group, [&] { group.changed(now, set_of(joined, joined_count), left & ~now, lost & ~now); });
}

int ProcessGroup::descriptor() const {
  int fd = -1;
  return connected_ && cpg_fd_get(handle_, &fd) == CS_OK ? fd : -1;
}

bool ProcessGroup::dispatch() {
  const cs_error_t error = cpg_dispatch(handle_, CS_DISPATCH_ALL);
  return (error == CS_OK || error == CS_ERR_TRY_AGAIN) && !failed_;
}

void ProcessGroup::disconnect() {
  if (connected_) cpg_finalize(handle_);
  connected_ = false;
}

uint32_t ProcessGroup::open() {
  cpg_callbacks_t callbacks{.cpg_deliver_fn = on_message, .cpg_confchg_fn = on_change};
  if (const cs_error_t error = cpg_initialize(&handle_, &callbacks); error != CS_OK)
    throw Failure(Ocf::generic, std::string("corosync's process groups: ") + cs_strerror(error));
  connected_ = true;
  failed_ = false;
  cpg_context_set(handle_, this);
  uint32_t own = 0;
  cpg_local_get(handle_, &own);
  return own;
}

void ProcessGroup::join(const std::string& name) {
  name_.length = static_cast<uint32_t>(name.size());
  std::memcpy(name_.value, name.data(), name.size());
  if (const cs_error_t error = cpg_join(handle_, &name_); error != CS_OK)
    throw Failure(Ocf::generic, "cannot join the group " + name + ": " + cs_strerror(error));
}

bool ProcessGroup::say_good_bye() {
  return connected_ && insist(host_, kGoodBye, [this] { return cpg_leave(handle_, &name_); }) == CS_OK;
}

// A connection that is lost is noticed elsewhere.
bool ProcessGroup::multicast(const void* data, size_t size) {
  const iovec part{const_cast<void*>(data), size};
  return connected_ && cpg_mcast_joined(handle_, CPG_TYPE_AGREED, &part, 1) == CS_OK;
}

}  // namespace o2member
