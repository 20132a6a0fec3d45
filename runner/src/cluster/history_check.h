// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"

namespace o2lab {

/// One operation of a workload (o2work history), as its own node told it.
struct HistoryOp {
  int node = 0;
  int thread = 0;        ///< of that node, from 1; its operations follow one another
  int64_t number = 0;    ///< of that thread, from 1
  std::string kind;      ///< append, write_buffered, write_direct, write_mapped, read_…, rename, count
  std::string object;    ///< append-N-T, region-N-T-B, name-N-T: of that thread alone; counter: of all
  int64_t version = -1;  ///< written; -1 for a read, and for a count that has not ended
  TimePoint begun;       ///< host time at which it was heard of
  std::optional<TimePoint> ended;  ///< empty: nobody was told how it went
  std::string result;              ///< "ok" or the name of the errno
  int64_t seen = -1;               ///< read; for a count: the counter under the lock
  int64_t board = -1;              ///< count: what the holder before had left on the board
  bool ok() const { return ended && result == "ok"; }
  /// "node1 thread 2 operation 17 (count counter)"
  std::string text() const;
};

/// Version of each object as one node reads it; -1: not whole.
using HistoryState = std::map<std::string, int64_t>;

/// A way in which a history must not go.
struct HistoryViolation {
  enum class Kind {
    lost_write,    ///< acknowledged, and not there
    changed_data,  ///< torn, or a version that nobody wrote
    lock_twice,    ///< two holders at once, or the work of one undone
    stale_read,    ///< older than what the one before had made safe
    failed,        ///< an operation that must not fail did
  };
  Kind kind = Kind::failed;
  std::string text;  ///< names operation and node
};
const char* name_of(HistoryViolation::Kind kind);

/// Holds a history, and what each node (by number) reads of it in the end, against what the operations
/// promise. Pure. What had not ended may have been done, wholly, in part or not at all.
///
/// The word of a node that died in the middle (`broken_off`) broke off somewhere behind what it did: each of
/// its threads may have begun a few more operations that nobody heard of.
///
/// No clock is needed between nodes: an object is one thread's, or its versions are counted under one lock.
std::vector<HistoryViolation> check_history(const std::vector<HistoryOp>& ops,
                                            const std::map<int, HistoryState>& states,
                                            const std::set<int>& broken_off = {});

}  // namespace o2lab
