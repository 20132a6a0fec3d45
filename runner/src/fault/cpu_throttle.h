// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <thread>

#include "base/fd.h"

namespace o2lab {

/// Lets a process run for a share of the time only, in turns of 100 ms, by SIGSTOP and SIGCONT: it runs again
/// when the object goes. For a QEMU: its guest has a CPU that is that much slower but for its clocks, which
/// go on. libvirt's own way (vcpu_quota) needs a cgroup that an embedded driver is not given.
class CpuThrottle {
 public:
  /// `percent` of the time, 1 to 99. Throws node_gone when there is no such process.
  CpuThrottle(pid_t pid, int percent);
  ~CpuThrottle();
  CpuThrottle(const CpuThrottle&) = delete;
  CpuThrottle& operator=(const CpuThrottle&) = delete;

 private:
  void run(int percent) const;
  void signal(int number) const;

  UniqueFd process_;  ///< a pidfd: never another process that got the same number
  StopFd stop_;
  std::thread thread_;
};

}  // namespace o2lab
