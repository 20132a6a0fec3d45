// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/* Makes the read-only root writable: a RAM overlay over it becomes "/", and the kernel's devtmpfs is kept at
 * /dev. Returns 0; on failure says why, returns -1 and leaves the node on the read-only root. */
int mount_overlay_root(void);

/* Mounts proc, sysfs and run: what the rest of the boot reads and writes. */
void mount_first(void);

/* Mounts everything else a session or a case expects (devpts, shm, tmp, configfs, debugfs, tracefs) and the
 * kernel's modules from the second virtio disk onto /lib/modules. */
void mount_rest(void);
