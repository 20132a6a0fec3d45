// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>

#include "disk/disk_rules.h"

namespace o2lab {

/// Holds the threads of nbdkit's requests as the rules say. All methods from any thread.
class Gate {
 public:
  class Pass;

  /// Returns when the request may go to the file, which it does while the pass lives, or is to fail.
  Pass enter(bool write, uint64_t offset, uint64_t length);

  /// Returns when the rule holds: no request that it is for is on its way to the file any more.
  void set(int number, const DiskRule& rule);
  bool clear(int number);
  void clear_all();

  struct Load {
    size_t held = 0;  ///< requests that wait here now
    size_t most = 0;  ///< that waited here at the same time since the last set()
    size_t rules = 0;
  };
  Load load();

 private:
  void leave(std::list<DiskRules::Request>::iterator request);

  std::mutex mutex_;
  std::condition_variable changed_;  ///< rules changed
  std::condition_variable left_;     ///< a request is in the file
  DiskRules rules_;
  std::list<DiskRules::Request> under_way_;
  Load load_;
};

class Gate::Pass {
 public:
  Pass() = default;  ///< the request is to fail
  Pass(Gate* gate, std::list<DiskRules::Request>::iterator request) : gate_(gate), request_(request) {}
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  ~Pass() {
    if (gate_ != nullptr) gate_->leave(request_);
  }
  explicit operator bool() const { return gate_ != nullptr; }

 private:
  Gate* gate_ = nullptr;
  std::list<DiskRules::Request>::iterator request_;
};

}  // namespace o2lab
