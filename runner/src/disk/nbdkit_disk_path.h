// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <future>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/event_log.h"
#include "base/process.h"
#include "disk/disk_path.h"
#include "disk/filter_control.h"

namespace o2lab {

/// A DiskPath that is an nbdkit process with the file plugin (nbdkit(1), nbdkit-file-plugin(1), 1.32).
///
/// Filters from the client inwards: our own (runner/nbdkit/: faults and the record), fua. So the record has a
/// request when it arrives, held or not, and its end with the error if one was injected; and fua=discard
/// leaves out the host's fdatasync: all paths share the host's page cache, which outlives QEMU and nbdkit,
/// and a slow host disk must not look like a slow heartbeat. (It does not outlive a crash of the host.)
///
/// When nbdkit ends by itself there is an event `disk_path_died` at once.
class NbdkitDiskPath final : public DiskPath {
 public:
  struct Options {
    int node = 0;       ///< from 1
    int disk = 0;       ///< 0 is "shared0", 1 "shared1"
    fs::path file;      ///< SharedDisk::path()
    fs::path sockets;   ///< short folder of this lab, see make_runtime_dir()
    fs::path log_file;  ///< requests, appended to; empty: they are not written down
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
  int set(const DiskRule& rule, const std::string& of) override;
  void clear(int number) override;
  void heal() override;
  void drop() override;
  bool hung() const override;
  bool reads_fail() const override;
  bool writes_fail() const override;
  bool faulty() const override;

 private:
  /// The three faults that are on or off, each a rule for the whole disk.
  enum class Standing { hang, fail_reads, fail_writes };

  fs::path control_socket() const { return stem_ + ".control"; }
  std::vector<std::string> command() const;
  void start();
  void end(Duration grace);
  void keep(std::promise<void> started) noexcept;
  void remove_files() const;
  void connect_control();
  /// All but fail_writes, which `lose` decides on first: what was held then goes on or is lost.
  void end_faults(bool lose);
  void clear_all_but_standing();
  /// With the lock held, like the next ones. Throws infra naming the node.
  std::string ask(const std::string& command);
  int set_rule(const DiskRule& rule);
  void clear_rule(int number);
  void turn(Standing what, bool on, const DiskRule& rule, const char* event_on, const char* event_off);
  void note_if_full(const DiskRule& rule);
  void event(const std::string& kind, nlohmann::json fields = nlohmann::json::object());
  std::string last_words() const;

  struct Rule {
    DiskRule rule;
    nlohmann::json fields;  ///< of its events; null for a standing one
  };

  Options options_;
  std::string stem_;
  EventLog* log_;
  mutable std::mutex mutex_;
  std::optional<Process> process_;
  std::optional<FilterControl> control_;
  StopFd stop_;
  std::thread keeper_;  // nbdkit lives no longer than this
  std::map<int, Rule> rules_;
  std::map<Standing, int> standing_;  ///< those that are on, and their numbers
  int last_number_ = 0;
};

}  // namespace o2lab
