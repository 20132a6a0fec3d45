// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>

#include "base/event_log.h"
#include "cluster/node.h"

namespace o2lab {

/// What can befall a node as a whole. Those that last have a start and an end, each an event of source
/// "fault" with the same fields: node_paused and node_resumed, cpu_slow_on and cpu_slow_off, clock_step (back
/// again is one more), clock_drift_on and clock_drift_off. Ending what a node that is gone had is no error.
namespace node_fault {

/// All vCPUs stand still; disk path and network port stay, and what was under way there goes on. No clock of
/// the guest notices: QEMU's virtual clock stands still as well.
void pause(Node& node, EventLog& events);
void resume(Node& node, EventLog& events);

/// An NMI that nobody in the guest asked for: a panic, "NMI: Not continuing" (arch/x86/kernel/nmi.c), as
/// kernel.unknown_nmi_panic is set before.
void inject_nmi(Node& node, EventLog& events);
/// A panic by SysRq, "sysrq triggered crash" (drivers/tty/sysrq.c).
void crash(Node& node, EventLog& events);
/// poweroff and reboot as a user types them: what is mounted stays mounted.
void power_down(Node& node, EventLog& events);
void reboot(Node& node, EventLog& events);

/// Wall clock of the guest, and no other clock of it, by `by` seconds. The heartbeat's sequence is that clock
/// in seconds (o2hb_prepare_block() in fs/ocfs2/cluster/heartbeat.c), and by it one round is timed.
void step_clock(Node& node, std::chrono::seconds by, EventLog& events);
/// The guest's clocks, wall and monotonic, and with them its timers, go `percent` faster (adjtimex(2): -10 to
/// 10; negative: slower); 0: as they were.
void drift_clock(Node& node, int percent, EventLog& events);

}  // namespace node_fault

}  // namespace o2lab
