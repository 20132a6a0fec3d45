// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/* What the kernel says about devices (NETLINK_KOBJECT_UEVENT); there is no udev in a node. */
enum { UEVENT_DISK = 1, UEVENT_SCSI_HOST = 2 };

/* Subscribes. Returns a non-blocking descriptor, readable when something was said, or -1. */
int open_uevents(void);

/* Reads all that was said. Returns UEVENT_DISK if a SCSI disk appeared, UEVENT_SCSI_HOST if a host adapter
 * did, or both; both as well where messages were lost. */
int read_uevents(int fd);

/* Classes one message: "add@/devices/..." as the kernel sends it, zero-terminated. */
int classify_uevent(const char* message);
