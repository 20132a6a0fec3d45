// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "base/event_log.h"
#include "observe/disk_record.h"

namespace o2lab {

/// A message that one node has left in another's mailbox on a disk of sbd(8), as the paths to the disk
/// recorded it.
struct SbdMessage {
  enum class Kind { test = 1, reset = 2, off = 3, exit = 4, crashdump = 5 };  ///< as on the disk
  int from = 0, to = 0;  ///< nodes; `to` by the name in the slot, 0 when that is no node of the lab
  Kind kind = Kind::test;
  TimePoint at;      ///< when it was on the disk
  TimePoint counts;  ///< from when its sender may count on it: msgwait of the disk's header later
  std::optional<TimePoint> read;  ///< when `to` first read it

  /// Who reads it dies of it.
  bool kills() const { return kind == Kind::reset || kind == Kind::off || kind == Kind::crashdump; }
};

const char* name_of(SbdMessage::Kind kind);

/// All messages on all volumes, oldest first. A volume is sbd's from the write of its header ("sbd create")
/// to that of anything else in its place. Layout, by sectors: the header, then for each node its slot (in
/// use, name) and its mailbox (message, name of the sender).
std::vector<SbdMessage> sbd_messages(const DiskRecord& record);

/// The same as events of source sbd, of the node that is told: `message` when it was on the disk, and
/// `counts` if that was before `now`, both {"from", "what", "kills"}.
std::vector<Event> sbd_events(const DiskRecord& record, TimePoint now);

}  // namespace o2lab
