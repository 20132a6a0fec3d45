// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

/* Starts Dropbear in the foreground on port 22, keys only, logging to /run/sshd.log; with_key: use
 * HOSTKEY_PATH, else it makes a key of its own. Call watch_sshd() first. Returns its pid, or -1. */
pid_t start_sshd(int with_key);

/* Begins to watch for Dropbear's pid file, which it writes right after listen(). Returns a descriptor for
 * wait_sshd(), or -1. */
int watch_sshd(void);

/* Waits until port 22 listens, at most timeout_ms. Closes the descriptor. Returns 0, or -1 at the deadline.
 */
int wait_sshd(int watch, int timeout_ms);

/* Looks through the text of /proc/net/tcp or tcp6 for a socket in state LISTEN on a port. Returns 1 or 0. */
int listens(const char* proc_net_tcp, int port);
