// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

/* Makes /dev/<serial> a link to every SCSI disk whose serial number (VPD page 0x80) is a plain name such as
 * "shared0". Replaces links that point elsewhere; never touches a path that is not a link. Returns the number
 * of disks linked. */
int link_disks(void);

/* Looks for disks where the kernel was told not to (scsi_mod.scan=manual): target 0 of every host, all LUNs,
 * which is where libvirt puts the disks of a controller. The kernel itself asks all 255 targets of a
 * virtio-scsi bus, 75 ms under TCG. */
void scan_disks(void);

/* Is there a SCSI disk whose block device the kernel has not made yet? */
int disks_pending(void);

/* Scans and links as the result of read_uevents() asks for. */
void handle_disk_events(int seen);

/* Takes the serial out of a VPD page 0x80 (SPC-4, 7.8.17): padding removed, zero-terminated.
 * Returns 0, or -1 where it is malformed, empty, or not made of [a-z0-9_-] beginning with a letter. */
int parse_serial(const unsigned char* page, size_t size, char* out, size_t room);
