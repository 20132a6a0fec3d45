// SPDX-License-Identifier: GPL-2.0-or-later
#include "ready.h"

#include <poll.h>
#include <time.h>

#include "disks.h"
#include "log.h"
#include "sshd.h"
#include "uevents.h"

#define DISK_LIMIT_MS 2000

/* The events end the wait; looking without one is for a kernel that does not send them. */
#define LOOK_EVERY_MS 100

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

int wait_ready(int watch, int uevents, int timeout_ms) {
  const long deadline = now_ms() + timeout_ms;
  long disk_deadline = 0;
  link_disks();
  for (;;) {
    struct pollfd sources[2] = {{.fd = watch, .events = POLLIN}, {.fd = uevents, .events = POLLIN}};
    int events = poll(sources, 2, LOOK_EVERY_MS);
    if (sources[1].revents != 0) {
      handle_disk_events(read_uevents(uevents));
    }
    if (disk_deadline == 0 && sshd_listens(sources[0].revents != 0 ? watch : -1, events == 0)) {
      disk_deadline = now_ms() + DISK_LIMIT_MS;
    }
    if (disk_deadline == 0 && now_ms() >= deadline) {
      return -1;
    }
    if (disk_deadline != 0 && !disks_pending()) {
      link_disks(); /* its message may be on its way still */
      return 0;
    }
    if (disk_deadline != 0 && now_ms() >= disk_deadline) {
      say("a SCSI disk is found but not ready after %d ms", DISK_LIMIT_MS);
      return 0;
    }
  }
}
