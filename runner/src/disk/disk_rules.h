// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <random>

#include "base/clock.h"
#include "disk/disk_rule.h"

namespace o2lab {

/// The rules that hold on one disk path, and what they say about a request. Knows no clock and no thread; the
/// filter of runner/nbdkit/ has both.
///
/// Several rules add up: a request waits for every rule that holds it, and only then meets those that fail
/// it. So what was hung can be lost instead of coming late: set eio, then clear the hang.
class DiskRules {
 public:
  /// A request on its way through the path.
  struct Request {
    bool write = false;
    uint64_t offset = 0;
    uint64_t length = 0;
    std::map<int, TimePoint> due;  ///< by rule: when that rule lets it go; kept by ask()
  };
  struct Answer {
    enum class What {
      go,     ///< to the file
      fail,   ///< EIO
      hang,   ///< ask again when the rules have changed
      delay,  ///< ask again at `until`, or when the rules have changed
    };
    What what = What::go;
    TimePoint until;
  };

  /// Replaces the rule of that number, if there is one.
  void set(int number, const DiskRule& rule);
  /// False: there is none.
  bool clear(int number) { return rules_.erase(number) > 0; }
  void clear_all() { rules_.clear(); }
  size_t size() const { return rules_.size(); }

  /// A rule of delay or rate counts from when it first sees the request.
  Answer ask(Request& request, TimePoint now);

 private:
  struct Entry {
    DiskRule rule;
    std::mt19937_64 random;
    TimePoint free;  ///< rate: when the last request that it has seen is through
  };
  static TimePoint due(Entry& entry, const Request& request, TimePoint now);

  std::map<int, Entry> rules_;
};

}  // namespace o2lab
