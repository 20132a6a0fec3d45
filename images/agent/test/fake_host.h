// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host.h"
#include "mounts.h"
#include "text.h"

namespace o2member {

inline constexpr const char* kRoot = "/sys/kernel/config/cluster";
inline constexpr const char* kUuid = "0123456789ABCDEF0123456789ABCDEF";

/// First 512 bytes of block 2 of a volume of 4 KiB blocks.
struct Superblock {
  std::string uuid = kUuid;
  uint32_t incompat = 0x4000;  ///< cluster info is there
  std::string stack = "o2cb";
  uint8_t stack_flags = 0;
  std::string cluster = "lab";
  int block_bits = 12;
  std::string bytes() const;
};

/// A machine in memory with the kernel's rules for regions and links (Documentation/filesystems/
/// ocfs2-heartbeat.rst), commands that do as asked unless told otherwise, and a clock of its own.
class FakeHost : public Host {
 public:
  /// Cluster "lab" of `nodes`, this machine being `own`; /dev/shared0 is 8:0 with a volume on it.
  explicit FakeHost(const Names& nodes = {"node1", "node2", "node3", "node10"},
                    const std::string& own = "node1");

  // What the test sets.
  std::map<std::string, int> unreadable;  ///< errno by path: there, and cannot be looked at
  std::map<std::string, int> refuse;      ///< errno by call, e.g. "link node2", "mkdir UUID"
  std::map<std::string, CommandResult>
      answers;                               ///< result by program or whole command line, instead of doing it
  std::map<std::string, std::string> files;  ///< regular files, attributes included
  std::map<std::string, dev_t> devices;      ///< block devices
  std::map<std::string, std::string> superblocks;  ///< by device
  std::vector<Mount> mounts;
  std::set<std::string> busy;     ///< mount points that umount refuses
  std::set<std::string> domains;  ///< regions that a DLM domain uses
  bool umount_lies = false;       ///< umount says 0 and does nothing
  bool mount_lies = false;        ///< mount says 0 and does nothing
  bool locked = false;            ///< somebody else has every lock
  std::set<std::string> locks;    ///< those that somebody else has
  std::function<void()> on_pause;
  /// Asked first; nothing: the rest decides.
  std::function<std::optional<CommandResult>(const std::vector<std::string>&)> on_run;

  // What the test looks at.
  std::vector<std::string> calls;   ///< what was changed, in order: "link node2", "mount", "umount /mnt", …
  std::vector<std::string> strays;  ///< changes outside the places where the agent has business
  std::vector<std::string> said;
  std::multiset<std::string> held;  ///< locks that the program has now
  bool fenced = false;              ///< the own link went while the region was in use
  Names members(const std::string& uuid = kUuid) const;
  bool region_exists(const std::string& uuid = kUuid) const;
  std::string calls_text() const;
  std::string said_text() const;
  bool mounted(const std::string& point) const;

  /// Makes links as if an agent had, in this order.
  void link_now(const std::vector<std::string>& nodes, const std::string& uuid = kUuid);
  void mount_now(const std::string& point, const std::string& device = "/dev/shared0");
  void add_directory(const std::string& path) { directories_.insert(path); }
  void add_link(const std::string& path, const std::string& target) { links_[path] = target; }
  void add_cluster(const std::string& name, const Names& nodes, const std::string& own);
  void forget_cluster(const std::string& name);
  void forget_directory(const std::string& path) { directories_.erase(path); }

  int make_directory(const std::string& path) override;
  int remove_directory(const std::string& path) override;
  int make_link(const std::string& target, const std::string& path) override;
  int remove_file(const std::string& path) override;
  std::optional<std::string> link_target(const std::string& path) override;
  int write(const std::string& path, const std::string& text) override;
  int replace(const std::string& path, const std::string& text) override;
  std::optional<std::string> read(const std::string& path) override;
  std::optional<std::string> read_at(const std::string& path, long offset, size_t size) override;
  std::string real_path(const std::string& path) override { return path; }
  bool is_directory(const std::string& path) override {
    look_at(path);
    return directories_.contains(path);
  }
  std::optional<std::vector<std::string>> list(const std::string& path) override;
  std::optional<dev_t> block_device(const std::string& path) override;
  CommandResult run(const std::vector<std::string>& argv) override;
  std::unique_ptr<Guard> lock(const std::string& name, Milliseconds limit) override;
  Clock::time_point now() override { return now_; }
  void pause(Milliseconds time) override;
  void say(const std::string& text) override { said.push_back(text); }
  void reason(const std::string& text) override { said.push_back(text); }

 private:
  void look_at(const std::string& path) const;
  bool is_node(const std::string& path) const;
  int make_config(const std::string& path);
  int set_attribute(const std::string& path, const std::string& text);
  int refused(const std::string& call);
  bool in_use(const std::string& uuid) const;
  std::string region_of(const std::string& link) const;
  CommandResult mount(const std::vector<std::string>& argv);
  CommandResult umount(const std::string& point);

  std::string own_;
  std::set<std::string> directories_;
  std::map<std::string, std::string> links_;
  Clock::time_point now_{};
};

}  // namespace o2member
