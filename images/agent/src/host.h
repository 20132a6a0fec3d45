// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace o2member {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

struct CommandResult {
  int status = 0;      ///< exit code; 127: no such program; 128 + n: ended by signal n
  std::string output;  ///< stdout and stderr as they came
};

/// Something held until the object goes.
class Guard {
 public:
  Guard() = default;
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  virtual ~Guard() = default;
};

/// The machine as the agent sees it: file calls, commands, time. Paths are absolute. Calls that return int
/// return 0 or an errno. link_target(), read(), is_directory() and list() throw Failure where something may
/// be there and cannot be looked at: that is not to be taken for nothing.
class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  virtual int make_directory(const std::string& path) = 0;
  virtual int remove_directory(const std::string& path) = 0;
  virtual int make_link(const std::string& target, const std::string& path) = 0;
  virtual int remove_file(const std::string& path) = 0;
  /// Nothing where there is no link.
  virtual std::optional<std::string> link_target(const std::string& path) = 0;
  /// One write(2) of the whole text to an existing file, or a new one.
  virtual int write(const std::string& path, const std::string& text) = 0;
  /// Puts a file of this text in the place of `path`, on disk and whole: at no time is there a part of it.
  virtual int replace(const std::string& path, const std::string& text) = 0;
  /// Nothing where there is no such file.
  virtual std::optional<std::string> read(const std::string& path) = 0;
  /// Exactly `size` bytes at `offset`; nothing if there are fewer.
  virtual std::optional<std::string> read_at(const std::string& path, long offset, size_t size) = 0;
  /// Without links, as the kernel shows it; `path` itself if it does not exist.
  virtual std::string real_path(const std::string& path) = 0;
  virtual bool is_directory(const std::string& path) = 0;
  /// Names in a directory, sorted; nothing where there is none.
  virtual std::optional<std::vector<std::string>> list(const std::string& path) = 0;
  /// Number of a block device, links followed; nothing if it is none.
  virtual std::optional<dev_t> block_device(const std::string& path) = 0;

  /// Runs a program found in PATH to its end.
  virtual CommandResult run(const std::vector<std::string>& argv) = 0;
  /// One lock of this name on the machine; nothing when `limit` is over first.
  virtual std::unique_ptr<Guard> lock(const std::string& name, Milliseconds limit) = 0;

  virtual Clock::time_point now() = 0;
  /// Between two looks at something that tells nobody when it changes.
  virtual void pause(Milliseconds time) = 0;
  /// A line for the administrator; Pacemaker puts an agent's stderr into its log.
  virtual void say(const std::string& text) = 0;
  /// The same, and Pacemaker shows it as what ended the action (crm_mon: exit-reason).
  virtual void reason(const std::string& text) = 0;
};

/// Text of an errno with its name's sense, for messages.
std::string errno_text(int error);

/// The machine itself.
std::unique_ptr<Host> make_system_host();

}  // namespace o2member
