// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace o2lab {

/// Rate of this host's time stamp counter in kHz, measured against the run clock over 20 ms, once a process.
/// TCG gives guests the host's counter (QEMU, cpu_get_host_ticks). 0 where the host has no such counter.
unsigned host_tsc_khz();

}  // namespace o2lab
