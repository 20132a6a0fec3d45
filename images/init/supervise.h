// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

/* Makes PID 1 immune to its own bugs: a fatal signal in it is said on the console and leaves it reaping
 * children, where otherwise the kernel would panic and the lab would take that for a bug of the kernel. */
void survive_faults(void);

/* The rest of PID 1's life: reaps children, starts Dropbear again if it ends, links disks that appear later
 * (uevents: open_uevents()), and obeys SIGTERM (power off), SIGINT (reboot; also ctrl-alt-del) and SIGUSR1
 * (halt). */
void supervise(pid_t sshd, int with_key, int uevents) __attribute__((noreturn));
