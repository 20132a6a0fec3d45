// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/* System calls by name, on absolute paths, each with the errno as the kernel gave it: no retries, no checks
 * of our own. Shells and coreutils look before they call and hide which call failed. */

/* A call that is not there. */
#define CALL_UNKNOWN (-1)

/* What one call takes: the second argument is NULL for those that take one. */
struct call {
  const char*
      name; /* ln TARGET LINK, rm LINK, mkdir DIR, rmdir DIR, write FILE TEXT, mount DEVICE DIR, umount DIR */
  const char* first;
  const char* second;
};

/* Makes the call. Returns 0, the errno, or CALL_UNKNOWN. write() gets TEXT in one piece with nothing added;
 * fewer bytes taken than given counts as EIO. mount() is of type ocfs2 with "heartbeat=local", as mount.ocfs2
 * does. */
int make_call(const struct call* call);

/* Number of arguments of a call: 1 or 2, 0 when there is no such call. */
int call_arguments(const char* name);

/* "ok" for 0, otherwise errno's name ("EBUSY"), or its number when it has none. The text lives until the next
 * call of the same thread. */
const char* errno_text(int error);
