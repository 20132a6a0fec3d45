// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/* Puts the per-run files that the runner hands in by QEMU's fw_cfg (opt/org.o2lab/) where their readers look:
 * ssh_host_key to /run/hostkey in Dropbear's format, authorized_keys to /root/.ssh, hosts to /etc/hosts. Says
 * what is missing. Returns 1 if a host key arrived, else 0 (Dropbear then makes its own). */
int take_fwcfg(void);

#define HOSTKEY_PATH "/run/hostkey"
