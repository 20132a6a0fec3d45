// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"

namespace o2lab {

/// How a child ended: exit code, or the signal that ended it.
struct ExitStatus {
  int code = -1;
  int signal = 0;
  bool ok() const { return signal == 0 && code == 0; }
  std::string text() const;  ///< "exit 3", "signal 9 (Killed)"
};

/// A child process. Destroying the object kills (SIGKILL) and reaps it: nothing is left behind.
class Process {
 public:
  struct Options {
    std::vector<std::string> argv;           ///< argv[0] is looked up in PATH
    std::map<std::string, std::string> env;  ///< added to the environment
    fs::path out;                            ///< stdout and stderr appended here; empty: inherited
    bool own_group = true;                   ///< not reached by the terminal's Ctrl-C
  };

  /// Starts it; throws environment when the program is not there.
  static Process start(const Options& options);

  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  /// Reaps it if it has ended; empty while it runs.
  std::optional<ExitStatus> poll();
  /// Waits until it ends; empty when `deadline` passes first.
  std::optional<ExitStatus> wait(Deadline deadline);
  /// SIGTERM, then SIGKILL when `grace` is over, and reaps it.
  ExitStatus stop(Duration grace = 2s);
  void signal(int number) const;

 private:
  explicit Process(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::optional<ExitStatus> status_;
};

struct RunOutput {
  ExitStatus status;
  std::string out;  ///< stdout and stderr as they came
};

/// Runs a program to its end with its output captured; throws timeout when it does not end in time (it is
/// killed).
RunOutput run_program(const std::vector<std::string>& argv, Deadline deadline);

/// Full path of a program in PATH (and the sbin folders, which an ordinary user's PATH lacks), empty when
/// there is none.
fs::path find_program(const std::string& name);

/// Clock ticks since boot at which `pid` started (field 22 of /proc/PID/stat, proc(5)); 0 when there is no
/// such process. With the pid it names a process for good, reuse of pids included.
unsigned long long start_time_of(pid_t pid);
/// Whether that very process runs; one that has ended and waits to be reaped (PID 1 may take seconds) does
/// not.
bool process_runs(pid_t pid, unsigned long long start_time);

}  // namespace o2lab
