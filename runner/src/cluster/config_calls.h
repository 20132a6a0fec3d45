// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/event_log.h"
#include "base/wait.h"
#include "cluster/node.h"

namespace o2lab {

/// Single system calls on the configfs and sysfs of a node (o2work call), each with its raw errno and with
/// what the heartbeat told between its begin and its return.
///
/// Every call returns one line: "ok" or the name of the errno, then each o2hb_node_event in order:
/// "ok, UUID 2 up, global 2 up". "EEXIST" alone says that nothing was heard of. A mark written into the trace
/// by the calling process before and after bounds them, so what comes later does not count: ln and rm return
/// after delivery.
class ConfigCalls {
 public:
  ConfigCalls(Node& node, WaitHub& hub, EventLog& events) : node_(&node), hub_(&hub), events_(&events) {}

  std::string ln(const std::string& target, const std::string& link) { return call("ln", target, &link); }
  std::string rm(const std::string& link) { return call("rm", link); }
  std::string mkdir(const std::string& dir) { return call("mkdir", dir); }
  std::string rmdir(const std::string& dir) { return call("rmdir", dir); }
  /// The text goes in one write(), nothing is added to it.
  std::string write(const std::string& file, const std::string& text) { return call("write", file, &text); }
  /// mount(2) of type ocfs2 with heartbeat=local, with none of what mount.ocfs2 does before; `limit` of the
  /// call.
  std::string mount(const std::string& device, const std::string& dir, Duration limit = 60s) {
    return call("mount", device, &dir, limit);
  }
  std::string umount(const std::string& dir) { return call("umount", dir, nullptr, 60s); }
  /// Contents of a file, every byte.
  std::string read(const std::string& file);
  /// Names in a directory, sorted, in one line: "block_bytes blocks dev", "" when it is empty.
  std::string list(const std::string& dir);

  /// The same calls, but the `nth` allocation (from 1) that the kernel makes in each fails; the line then
  /// begins with "injected ". Without it the call made fewer. Wants a kernel with fail-nth
  /// (Documentation/fault-injection/fault-injection.rst) and allow_failing().
  ConfigCalls failing(int nth) const;
  /// Once a node: allocations that may sleep can fail as well, and nothing is printed of it.
  void allow_failing();

  Node& node() const { return *node_; }

 private:
  std::string call(const std::string& name, const std::string& first, const std::string* second = nullptr,
                   Duration limit = 30s);

  int fail_nth_ = 0;
  Node* node_;
  WaitHub* hub_;
  EventLog* events_;
};

/// In single quotes for a shell, whatever is in it.
std::string shell_quoted(const std::string& text);

}  // namespace o2lab
