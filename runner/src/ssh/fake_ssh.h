// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "ssh/remote_shell.h"

namespace o2lab {

/// A RemoteProcess whose lines and end come from the test. All methods from any thread.
class FakeProcess : public RemoteProcess {
 public:
  /// What the process wrote to its stdout: calls the line callback on the calling thread.
  void say(const std::string& line);
  /// It ends with this status.
  void exit(int status);
  /// It ends by this error, which wait() throws: node_gone, infra.
  void die(const Error& error);
  std::string input() const;  ///< what was written to its stdin
  bool stdin_closed() const;
  bool stopped() const;  ///< stop() was called while it ran

  void write(std::string_view bytes) override;
  void close_stdin() override;
  bool running() const override;
  std::vector<StampedLine> lines() const override;
  CommandResult wait(Deadline deadline) override;
  void stop() override;

 private:
  friend class FakeShell;
  FakeProcess(const std::string& node, const std::string& command, LineCallback on_line);

  const LineCallback on_line_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  CommandResult result_;
  std::optional<Error> error_;
  std::vector<StampedLine> lines_;
  std::string input_;
  bool stdin_closed_ = false;
  bool stopped_ = false;
  bool done_ = false;
};

/// A RemoteShell with scripted answers and no node: for the tests of later stages, misbehaviour included.
class FakeShell : public RemoteShell {
 public:
  explicit FakeShell(std::string node = "node1") : node_(std::move(node)) {}

  /// Every command that contains `part` exits with `status` and prints `out` and `err`. Rules are tried in
  /// the order in which they were given; a command that none fits exits with 127, as a shell's would.
  void answer(const std::string& part, int status, const std::string& out = {}, const std::string& err = {});
  /// The same, but only for the next command that contains `part`; comes before all answer()s.
  void answer_once(const std::string& part, int status, const std::string& out = {},
                   const std::string& err = {});
  /// The next command that contains `part` throws.
  void fail_once(const std::string& part, const Error& error);
  /// From now on every command and process ends by node_gone.
  void node_gone();

  /// Commands so far, run and started, in order.
  std::vector<std::string> commands() const;
  std::vector<std::string> inputs() const;  ///< what run() was given as stdin, in the same order
  /// The `index`th process that start() made; valid while its owner keeps it. Throws infra when there is
  /// none.
  FakeProcess& process(size_t index) const;

  const std::string& node() const override { return node_; }
  CommandResult run(const std::string& command, Deadline deadline, std::string_view input = {}) override;
  std::unique_ptr<RemoteProcess> start(const std::string& command, LineCallback on_line) override;

 private:
  struct Rule {
    std::string part;
    bool once;
    CommandResult result;
    std::optional<Error> error;
  };
  CommandResult find_answer(const std::string& command);

  const std::string node_;
  mutable std::mutex mutex_;
  std::deque<Rule> rules_;
  bool gone_ = false;
  std::vector<std::string> commands_;
  std::vector<std::string> inputs_;
  std::vector<FakeProcess*> processes_;
};

}  // namespace o2lab
