// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#define SSHD_PID_FILE "/run/sshd.pid"

/* Starts Dropbear in the foreground on port 22, keys only, logging to /run/sshd.log; with_key: use
 * HOSTKEY_PATH, else it makes a key of its own. Call watch_sshd() first. Returns its pid, or -1. */
pid_t start_sshd(int with_key);

/* Begins to watch for Dropbear's pid file, which it writes right after listen(). Returns a descriptor for
 * wait_sshd(), or -1. */
int watch_sshd(void);

/* Does port 22 listen? Looks only once Dropbear wrote its pid file, unless look_anyway. watch: the readable
 * descriptor of watch_sshd() to be emptied, or -1. */
int sshd_listens(int watch, int look_anyway);

/* Looks through the text of /proc/net/tcp or tcp6 for a socket in state LISTEN on a port. Returns 1 or 0. */
int listens(const char* proc_net_tcp, int port);
