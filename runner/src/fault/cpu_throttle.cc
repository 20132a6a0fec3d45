// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault/cpu_throttle.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace o2lab {

namespace {

constexpr int kTurnMs = 100;

}  // namespace

CpuThrottle::CpuThrottle(pid_t pid, int percent) {
  if (percent < 1 || percent > 99)
    fail(ErrorKind::input, "a CPU slowed to {} %: 1 to 99 is possible", percent);
  process_ = UniqueFd(pid <= 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process_)
    fail(ErrorKind::node_gone, "process {} cannot be slowed: {}", pid,
         pid <= 0 ? "it is not on this host" : std::strerror(errno));
  thread_ = std::thread([this, percent] { run(percent); });
}

CpuThrottle::~CpuThrottle() {
  stop_.raise();
  thread_.join();
  signal(SIGCONT);
}

void CpuThrottle::run(int percent) const {
  std::array<pollfd, 2> watched{{{stop_.get(), POLLIN, 0}, {process_.get(), POLLIN, 0}}};
  for (bool stopped = true;; stopped = !stopped) {
    signal(stopped ? SIGSTOP : SIGCONT);
    const int turn = kTurnMs * (stopped ? 100 - percent : percent) / 100;
    // Any event is an end: of the fault or of the process.
    if (::poll(watched.data(), watched.size(), turn) > 0) return;
  }
}

void CpuThrottle::signal(int number) const {
  ::syscall(SYS_pidfd_send_signal, process_.get(), number, nullptr, 0);
}

}  // namespace o2lab
