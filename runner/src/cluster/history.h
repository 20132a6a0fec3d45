// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/wait.h"
#include "cluster/history_check.h"
#include "cluster/node.h"

namespace o2lab {

/// What a recorded workload is to do.
struct HistoryPlan {
  std::string directory = "/mnt/history";
  int threads = 2;        ///< of each node, 1 to 16
  Duration pause = 20ms;  ///< from the start of an operation to that of the next, in each thread
  uint64_t seed = 1;      ///< the same seed gives each thread the same operations
};

/// Threads on several nodes that append, overwrite regions of their own (buffered, O_DIRECT, mapped), rename
/// and count under a lock that all share (o2work history). Each operation is recorded on the host as it
/// begins and as it ends, in this process and in `log`.
class History {
 public:
  /// Returns when all have made their files.
  History(const std::vector<Node*>& nodes, WaitHub& hub, const HistoryPlan& plan, const fs::path& log);

  /// All so far; those of a thread in their order.
  std::vector<HistoryOp> ops() const;
  /// Waits until `node` has ended `more` further operations, well or not.
  void wait_for(int node, size_t more, Duration limit);
  /// Ends those that still run and waits for their end; what they were at stays without one.
  void stop();
  /// Nodes that had ended before stop() told them to.
  const std::set<int>& broken_off() const { return broken_off_; }
  /// Everything there as `reader` reads it.
  HistoryState read(Node& reader) const;

 private:
  struct Source {
    Node* node = nullptr;
    bool ready = false;
    std::vector<HistoryOp> ops;
    std::map<int, size_t> open;  ///< by thread: its operation that has not ended, in `ops`
    size_t done = 0;
    std::unique_ptr<RemoteProcess> process;
  };
  void take(Source& source, const StampedLine& line);

  WaitHub& hub_;
  HistoryPlan plan_;
  mutable std::mutex mutex_;
  std::ofstream log_;
  std::set<int> broken_off_;
  std::map<int, Source> sources_;  // by node; last: the threads of its processes use all of the above
};

/// Takes in one line of o2work history: a begin, or an end of what is in `open`. False for any other line.
bool take_history_line(const std::string& text, int node, TimePoint at, std::vector<HistoryOp>& ops,
                       std::map<int, size_t>& open);

}  // namespace o2lab
