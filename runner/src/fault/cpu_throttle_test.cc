// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault/cpu_throttle.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/error.h"
#include "base/process.h"
#include "base/wait.h"

namespace o2lab {
namespace {

/// Field 3 of /proc/PID/stat (proc(5)): T when it is stopped.
char state_of(pid_t pid) {
  const std::string stat = read_file_or_empty(fmt::format("/proc/{}/stat", pid));
  const size_t at = stat.rfind(") ");
  return at == std::string::npos ? '?' : stat[at + 2];
}

void wait_state(pid_t pid, bool stopped) {
  WaitHub().wait(
      stopped ? "a stop" : "a run", Deadline::in(30s),
      [&] {
        return Seen{(state_of(pid) == 'T') == stopped, std::string(1, state_of(pid))};
      },
      1ms);
}

TEST(CpuThrottle, StopsAndGoesOnInTurnsAndRunsAtTheEnd) {
  const Process busy = Process::start({{"sh", "-c", "while :; do :; done"}, {}, {}, true});
  {
    const CpuThrottle slow(busy.pid(), 50);
    for (int turn = 0; turn < 3; ++turn) {
      wait_state(busy.pid(), true);
      wait_state(busy.pid(), false);
    }
  }
  wait_state(busy.pid(), false);
}

TEST(CpuThrottle, OutlivesItsProcessAndRefusesNonsense) {
  std::optional<Process> short_lived = Process::start({{"sleep", "1000"}, {}, {}, true});
  {
    const CpuThrottle slow(short_lived->pid(), 10);
    wait_state(short_lived->pid(), true);
    short_lived.reset();
  }
  EXPECT_THROW(CpuThrottle(0, 50), Error);
  EXPECT_THROW(CpuThrottle(1, 0), Error);
  EXPECT_THROW(CpuThrottle(1, 100), Error);
}

}  // namespace
}  // namespace o2lab
