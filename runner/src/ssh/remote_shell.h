// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/line_splitter.h"

namespace o2lab {

/// What a command on a node came to.
struct CommandResult {
  std::string node;      ///< "node1"
  std::string command;   ///< as given
  int exit_status = -1;  ///< 0 to 255; -1 when a signal ended it
  std::string signal;    ///< "KILL", "TERM", …; empty when it exited
  std::string out;       ///< stdout, every byte
  std::string err;       ///< stderr, every byte
  TimePoint started;     ///< just before it was asked for
  TimePoint finished;    ///< when its end arrived here

  bool ok() const { return signal.empty() && exit_status == 0; }
  /// "exit 3", "signal TERM"
  std::string status_text() const;
  /// Throws check (node, command, status, end of stderr) unless it exited with 0; else returns itself.
  const CommandResult& check() const;
};

/// A command that goes on while the caller does other things. Its destructor stops it and never hangs.
class RemoteProcess {
 public:
  using LineCallback = std::function<void(const StampedLine&)>;

  virtual ~RemoteProcess() = default;
  /// Queues bytes for its stdin; ignored once it has ended.
  virtual void write(std::string_view bytes) = 0;
  /// End of file on its stdin, after what was queued.
  virtual void close_stdin() = 0;
  virtual bool running() const = 0;
  /// Its stdout lines so far, stamped at arrival on the host.
  virtual std::vector<StampedLine> lines() const = 0;
  /// Waits for its end. Throws timeout (it goes on running), node_gone, or infra for a lost connection;
  /// rethrows what the line callback threw.
  virtual CommandResult wait(Deadline deadline) = 0;
  /// SIGTERM to the process that the server started, and closes the channel; returns within about a second,
  /// whatever the node does. Nothing happens when it has ended.
  virtual void stop() = 0;
};

/// A root shell on one node. All methods from any thread; commands of one shell run one after the other.
class RemoteShell {
 public:
  using LineCallback = RemoteProcess::LineCallback;

  virtual ~RemoteShell() = default;
  virtual const std::string& node() const = 0;

  /// Runs `command` by the node's /bin/sh to its end and returns whatever its exit status is. Throws
  ///  - timeout when the deadline passes first: names node, command and last output; the command got SIGTERM;
  ///  - node_gone at once when the node is known to be gone;
  ///  - infra when the connection is lost.
  virtual CommandResult run(const std::string& command, Deadline deadline, std::string_view input = {}) = 0;

  /// Starts `command` on a connection of its own. `on_line` is called for every line of stdout, on a thread
  /// of the process; it must not destroy the process.
  virtual std::unique_ptr<RemoteProcess> start(const std::string& command, LineCallback on_line) = 0;
};

/// At most `limit` bytes of `text` on one line, for messages; what was left out is marked by "…".
std::string shorten(std::string_view text, size_t limit = 120);
/// The same, but keeps the end: the part of an output that usually says what happened.
std::string shorten_to_end(std::string_view text, size_t limit = 240);

}  // namespace o2lab
