// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/event_log.h"
#include "base/fd.h"
#include "console/line_source.h"
#include "console/reader_loop.h"

namespace o2lab {

/// What the switch moves, by node number; all called on threads of the switch.
struct PowerActions {
  /// Not known to have ended.
  std::function<bool(int)> is_on;
  /// Returns once the node's QEMU is gone, at once when it has been before; throws when that cannot be said.
  std::function<void(int)> off;
  /// Returns once QEMU runs.
  std::function<void(int)> on;
};

/// The power switch of the cluster, for fence agents in the guests
/// (images/overlay-stack/usr/sbin/fence_o2lab): each node reaches it by a virtio-serial port org.o2lab.power.
/// A request is a line `ID ACTION NODE`, ID a word that the asker makes up, ACTION off, on, reboot, status or
/// list, NODE as in `nodeN` or `-`; the answer is a line to the asker's port: `ID ok` for the first three,
/// `ID on` or `ID off`, `ID node1 node2 …`, else `ID failed: WHY`. "off" is answered when the node is proven
/// dead. What is switched is done one after another, as requests come, also when the asker has died
/// meanwhile; it goes into the timeline as `asked` and `done` of source power, under the node that is
/// switched.
class HostPower {
 public:
  /// What becomes of requests to switch something.
  enum class Supply {
    works,
    refuses,  ///< answered at once with a failure
    holds,    ///< not done and not answered until it works or refuses again
  };

  /// Listens on socket() of nodes 1 to `nodes` from now on. `loop` and `events` must outlive it.
  HostPower(ReaderLoop& loop, EventLog& events, const fs::path& dir, int nodes, PowerActions actions);
  /// Ends with what is being switched.
  ~HostPower();
  HostPower(const HostPower&) = delete;
  HostPower& operator=(const HostPower&) = delete;

  /// Where QEMU of this node connects its port.
  static fs::path socket(const fs::path& dir, int node);
  void set(Supply supply);

 private:
  struct Request {
    int by = 0;
    std::string id;
    std::string action;
    int target = 0;
  };
  void take(int by, const std::string& line);
  void serve();
  void answer(const Request& request, const std::string& text);
  std::string carry_out(const Request& request);

  EventLog& events_;
  const PowerActions actions_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> queue_;
  Supply supply_ = Supply::works;
  bool stop_ = false;
  std::vector<std::unique_ptr<LineSource>> ports_;  // by node
  std::thread worker_;
};

/// In snake_case, for events.jsonl.
const char* name_of(HostPower::Supply supply);

}  // namespace o2lab
