// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/event_log.h"
#include "base/process.h"
#include "disk/disk_path.h"

namespace o2lab {

/// A DiskPath that is an nbdkit process with the file plugin (nbdkit(1), nbdkit-file-plugin(1), 1.32).
///
/// Filters from the client inwards: log, pause, error, fua. So the log has a request when it arrives, held or
/// not, and its end with the error if one was injected; a held request meets the error filter only when
/// released; and fua=discard leaves out the host's fdatasync: all paths share the host's page cache, which
/// outlives QEMU and nbdkit, and a slow host disk must not look like a slow heartbeat. (It does not outlive a
/// crash of the host.)
///
/// When nbdkit ends by itself there is an event `disk_path_died` at once.
class NbdkitDiskPath final : public DiskPath {
 public:
  struct Options {
    int node = 0;       ///< from 1
    int disk = 0;       ///< 0 is "shared0", 1 "shared1"
    fs::path file;      ///< SharedDisk::path()
    fs::path sockets;   ///< short folder of this lab, see make_runtime_dir()
    fs::path log_file;  ///< requests, appended to
    fs::path messages;  ///< nbdkit's own words, appended to; empty: `log_file` with ".err" behind it
  };

  /// Returns when QEMU can connect. `log` outlives the path; may be null. Throws environment when nbdkit is
  /// not installed or does not start, with its last words.
  NbdkitDiskPath(Options options, EventLog* log);
  /// Ends nbdkit and removes its sockets. What a hung path holds is lost.
  ~NbdkitDiskPath() override;
  NbdkitDiskPath(const NbdkitDiskPath&) = delete;
  NbdkitDiskPath& operator=(const NbdkitDiskPath&) = delete;

  int node() const override { return options_.node; }
  fs::path socket() const override { return stem_ + ".nbd"; }
  fs::path log_file() const override { return options_.log_file; }
  bool alive() override;
  /// For the lab's record of what to end after a crash.
  pid_t pid() const { return process_->pid(); }

  void hang() override;
  void release() override;
  void fail_reads(bool on) override;
  void fail_writes(bool on) override;
  bool hung() const override;
  bool reads_fail() const override;
  bool writes_fail() const override;

 private:
  fs::path control_socket() const { return stem_ + ".pause"; }
  fs::path trigger(const char* what) const { return stem_ + ".fail-" + what; }
  std::vector<std::string> command() const;
  void start();
  void end(Duration grace);
  void keep(std::promise<void> started) noexcept;
  void remove_files() const;
  void connect_control();
  /// One command of the pause filter and its answer; throws infra when it does not come.
  void control(char command, Deadline deadline);
  void set_trigger(const char* what, bool on, bool& state);
  void event(const std::string& kind);
  std::string last_words() const;

  Options options_;
  std::string stem_;
  EventLog* log_;
  mutable std::mutex mutex_;
  std::optional<Process> process_;
  UniqueFd control_;
  StopFd stop_;
  std::thread keeper_;  // nbdkit lives no longer than this
  bool hung_ = false;
  bool reads_fail_ = false;
  bool writes_fail_ = false;
};

}  // namespace o2lab
