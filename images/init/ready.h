// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/* Waits until the node can be used: port 22 listens and every SCSI disk that the kernel has found is linked
 * under /dev. A disk is waited for at most two seconds longer than Dropbear, Dropbear at most timeout_ms;
 * both are said on the console. watch comes from watch_sshd(), uevents from open_uevents(). Returns 0, or -1
 * if port 22 does not listen. */
int wait_ready(int watch, int uevents, int timeout_ms);
