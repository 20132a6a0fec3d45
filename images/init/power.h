// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/* Writes back what can be written in five seconds (a hung shared disk must not keep a node from going down)
 * and then calls reboot(2) with RB_POWER_OFF, RB_AUTOBOOT or RB_HALT_SYSTEM. Does not return in PID 1. */
void go_down(unsigned how);

/* Is this program name one of poweroff, reboot and halt? Then acts on its arguments (-f: at once, without PID
 * 1; -n: no sync) and returns an exit status; else -1. */
int power_command(int argc, char* argv[]);
