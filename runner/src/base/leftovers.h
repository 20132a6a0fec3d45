// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <vector>

#include "base/fd.h"

namespace o2lab {

/// What a run has on the host, written down as it comes: `state_dir()/runs/ID.jsonl`, locked (flock(2)) for
/// as long as the run lives, so that the next start can end what a killed run left behind. Processes are
/// named by pid and start time, never by program name. All methods from any thread.
class LeftoverRecord {
 public:
  /// Writes this process and its supervisor down; `runtime_dir` is made known to the supervisor too. Throws
  /// infra when the record cannot be written, input when a run of that id lives.
  LeftoverRecord(const std::string& id, const fs::path& runtime_dir);
  /// The run is over and clean: removes the record.
  ~LeftoverRecord();
  LeftoverRecord(const LeftoverRecord&) = delete;
  LeftoverRecord& operator=(const LeftoverRecord&) = delete;

  /// A process that must not outlive the run. One that has ended already is not written down.
  void add(pid_t pid);

  const fs::path& file() const { return file_; }

 private:
  void write_line(const std::string& line);

  fs::path file_;
  UniqueFd fd_;
  std::mutex mutex_;
};

/// Ends what dead runs left: their recorded processes (the same start time, else it is another process),
/// their runtime folder, their record. Runs that live, or whose supervisor still cleans up, are not touched.
/// Returns one line for each run that had something to end. Never throws: what cannot be cleaned is one of
/// the lines.
std::vector<std::string> sweep_leftovers();

}  // namespace o2lab
