// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/wait.h"
#include "cluster/node.h"

namespace o2lab {

/// What a writer was told is safe; outlives it.
struct AckedFile {
  int node = 0;      ///< who wrote
  std::string file;  ///< path on every node that has the volume mounted
  std::atomic<int64_t> acknowledged = 0;
};

/// A writer on a node (o2work append): numbered, checksummed records, each fsynced before the guest
/// acknowledges it. What is acknowledged is recorded on the host the moment the line arrives.
class Appender {
 public:
  Appender(Node& node, WaitHub& hub, const std::string& file, Duration pause);

  int node() const { return node_.number(); }
  const std::string& file() const { return file_; }
  /// Number of the last acknowledged record; records count from 1, so 0 before the first.
  int64_t acknowledged() const;
  /// The same for those who look after this object has gone.
  std::shared_ptr<const AckedFile> acked() const { return acked_; }
  /// Host time of the first acknowledgement.
  TimePoint first_ack() const;
  /// Host time of the last acknowledgement.
  TimePoint last_ack() const;
  /// Longest time between two acknowledgements that arrived after `since`, the open one at the end included.
  Duration longest_stall(TimePoint since) const;
  /// Waits for `more` further acknowledgements.
  void wait_for(int64_t more, Duration limit);
  /// Ends it in order and waits for its end; does nothing when the node is gone.
  void stop();

 private:
  struct Ack {
    int64_t record;
    TimePoint at;
  };
  Node& node_;
  WaitHub& hub_;
  std::string file_;
  mutable std::mutex mutex_;
  std::vector<Ack> acks_;
  std::shared_ptr<AckedFile> acked_ = std::make_shared<AckedFile>();
  std::unique_ptr<RemoteProcess> process_;  // last: its thread uses all of the above
};

/// An exclusive flock(2) on a file of the volume, wanted or held by a node until the object goes.
class FileLock {
 public:
  FileLock(Node& node, WaitHub& hub, const std::string& file);

  bool granted() const;
  /// Host time at which the guest said that it has the lock.
  TimePoint granted_at() const;
  void wait_granted(Duration limit);

 private:
  Node& node_;
  WaitHub& hub_;
  std::string file_;
  mutable std::mutex mutex_;
  std::optional<TimePoint> granted_;
  std::unique_ptr<RemoteProcess> process_;  // last: its thread uses all of the above
};

/// What o2work check found in a file of an Appender.
struct RecordCheck {
  bool clean = false;   ///< no record torn, zero, repeated or missing
  int64_t records = 0;  ///< whole ones
  int64_t last = 0;     ///< number of the writer's last one, 0 when there is none
  std::string text;     ///< its own words
};
/// Reads the file on `reader`; `writer` is the number of the node that wrote it. Throws timeout
/// after `limit`.
RecordCheck check_records(Node& reader, const std::string& file, int writer, Duration limit = 60s);

}  // namespace o2lab
