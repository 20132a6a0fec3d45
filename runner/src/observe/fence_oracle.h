// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace o2lab {

/// Why a node stopped running, as far as the outside can tell.
enum class Cause {
  quorum,           ///< o2quo_make_decision fenced it (fs/ocfs2/cluster/quorum.c)
  disk_timeout,     ///< o2hb_write_timeout fenced it (fs/ocfs2/cluster/heartbeat.c)
  own_link,         ///< user mode: its own link was removed while it had the volume mounted
  panic,            ///< any other panic or Oops
  watchdog,         ///< a watchdog device fired
  poison_pill,      ///< sbd read a fencing message
  host_power,       ///< the host cut its power, as the case asked
  guest_reboot,     ///< the guest restarted by itself in order
  guest_power_off,  ///< the guest powered off in order
  unknown,          ///< QEMU ended and nothing says why
};
const char* name_of(Cause cause);

/// One end of one incarnation of a node.
struct Death {
  int node = 0;
  TimePoint at;
  Cause cause = Cause::unknown;
  std::string detail;  ///< the console line that says so, or QEMU's last words
};

/// Since when an expectation counts, how early the death may come and how late.
struct Window {
  Duration not_before = Duration::zero();
  Duration within = Duration::zero();
};
inline Window within(Duration latest) {
  return {Duration::zero(), latest};
}
inline Window between(Duration earliest, Duration latest) {
  return {earliest, latest};
}

/// Holds every death of a case against what was expected of it: unexpected, wrong cause, early, late, missing
/// and duplicate are each a complaint. Knows nothing of nodes; all methods from any thread.
class FenceOracle {
 public:
  struct Expectation {
    int node = 0;
    Cause cause = Cause::unknown;
    TimePoint since;
    Window window;
    std::optional<Death> met;
  };

  /// Forgets everything; at the start of a case.
  void reset();
  /// From `since` on exactly one death of `node` by `cause` is expected. Returns its index.
  size_t expect(int node, Cause cause, Window window, TimePoint since);
  /// Of these nodes exactly one must die by `cause`, the others must not; the first death decides which.
  /// Returns its index.
  size_t expect_one_of(const std::vector<int>& nodes, Cause cause, Window window, TimePoint since);
  void death(const Death& death);
  /// Whether a death of this node is expected that has not come.
  bool awaits(int node) const;

  Expectation expectation(size_t index) const;
  /// The first thing that is wrong so far, if any: an unexpected, wrong, early or late death.
  std::optional<std::string> complaint() const;
  /// All that is wrong once the case is over: every complaint, and every expectation that nothing met.
  std::vector<std::string> verdict() const;
  std::vector<Death> deaths() const;

 private:
  struct Entry {
    Expectation expectation;
    std::vector<int> candidates;
  };
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::vector<Death> deaths_;
  std::vector<std::string> complaints_;
};

}  // namespace o2lab
