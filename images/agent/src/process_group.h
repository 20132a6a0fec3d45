// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <corosync/cpg.h>

#include <cstdint>
#include <functional>
#include <string>

#include "host.h"
#include "watch_core.h"

namespace o2member {

/// Asks corosync again as long as it answers that it is busy, which it is while the membership changes; the
/// last answer.
cs_error_t insist(Host& host, Milliseconds limit, const std::function<cs_error_t()>& ask);

/// One of corosync's closed process groups: everything that is sent in it, and every change of who is in it,
/// reaches all in one order. What comes calls message() and changed() from dispatch(), on its thread.
class ProcessGroup {
 public:
  explicit ProcessGroup(Host& host) : host_(host) {}
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;
  virtual ~ProcessGroup() { disconnect(); }

  /// -1 while there is no connection.
  int descriptor() const;
  /// Handles what has come; false when corosync is gone, or something that it told could not be handled.
  bool dispatch();
  void disconnect();

 protected:
  /// Connects to corosync; the nodeid that this machine has there. Throws Failure.
  uint32_t open();
  /// Throws Failure.
  void join(const std::string& name);
  /// What the others then see as `left`; false where corosync does not take it within seconds.
  bool say_good_bye();
  /// False where it cannot be sent at the moment. Does not block and allocates nothing.
  bool multicast(const void* data, size_t size);

  virtual void message(uint32_t from, const void* data, size_t size) = 0;
  /// `left` have said good-bye, `lost` have not.
  virtual void changed(const NodeSet& members, const NodeSet& joined, const NodeSet& left,
                       const NodeSet& lost) = 0;

 private:
  static void on_message(cpg_handle_t handle, const cpg_name* group, uint32_t node, uint32_t pid, void* data,
                         size_t size);
  static void on_change(cpg_handle_t handle, const cpg_name* group, const cpg_address* members,
                        size_t member_count, const cpg_address* gone, size_t gone_count,
                        const cpg_address* joined, size_t joined_count);

  template <typename Handle>
  static void guarded(ProcessGroup& group, const Handle& handle);

  Host& host_;
  cpg_handle_t handle_ = 0;
  cpg_name name_{};
  bool connected_ = false;
  bool failed_ = false;
};

}  // namespace o2member
