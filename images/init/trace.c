// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "wake.h"

#define PORTS "/sys/class/virtio-ports"
#define TRACING "/sys/kernel/tracing"

/* Finds the device of the port. Returns 0 or -1. */
static int find_port(char* device, size_t size) {
  DIR* ports = opendir(PORTS);
  int found = -1;
  struct dirent* entry;
  while (ports != NULL && found != 0 && (entry = readdir(ports)) != NULL) {
    char path[128];
    char name[64];
    snprintf(path, sizeof(path), PORTS "/%.32s/name", entry->d_name);
    if (entry->d_name[0] != '.' && read_text(path, name, sizeof(name)) > 0 &&
        strcmp(name, "org.o2lab.trace") == 0) {
      snprintf(device, size, "/dev/%.32s", entry->d_name);
      found = 0;
    }
  }
  if (ports != NULL) {
    closedir(ports);
  }
  return found;
}

/* Never returns but by a failure: an end of file or an interrupted read is just tried again. */
static void copy_for_ever(int from, int to) {
  static char buffer[65536];
  for (;;) {
    ssize_t got = read(from, buffer, sizeof(buffer));
    if (got < 0 && errno != EINTR) {
      return;
    }
    for (ssize_t done = 0; done < got;) {
      ssize_t put = write(to, buffer + done, (size_t)(got - done));
      if (put < 0 && errno != EINTR) {
        return;
      }
      done += put > 0 ? put : 0;
    }
  }
}

/* What the host writes to the port goes into the trace as it is: a ping whose answer carries the trace clock;
 * but for the call that wakes a node from a saved state.
 * Ends with the copier, its parent. */
static void start_echo(int port) {
  pid_t child = fork();
  if (child != 0) {
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  char buffer[256];
  int marker = open(TRACING "/trace_marker", O_WRONLY | O_CLOEXEC);
  for (;;) {
    ssize_t got = read(port, buffer, sizeof(buffer) - 1);
    if (marker < 0 || (got < 0 && errno != EINTR)) {
      say("nobody answers the host: %s", strerror(errno));
      _exit(1);
    }
    if (got == 0) { /* the driver has yet to hear that the host is there; poll() does not wait for it */
      poll(NULL, 0, 50);
    }
    if (got > 0) {
      struct timespec now;
      buffer[got] = '\0';
      if (parse_wake(buffer, &now)) {
        wake(&now);
      } else {
        /* Refused (EBADF) while the kernel makes its trace buffer larger, at the first event that is enabled:
         * the host asks again. */
        ssize_t put = write(marker, buffer, (size_t)got);
        (void)put;
      }
    }
  }
}

pid_t start_trace(void) {
  char device[64];
  if (find_port(device, sizeof(device)) != 0) {
    return 0;
  }
  char clocks[256]; /* setting the clock empties the buffers, which takes time even where it is right already
                     */
  if (read_text(TRACING "/trace_clock", clocks, sizeof(clocks)) < 0 ||
      (strstr(clocks, "[mono]") == NULL && poke(TRACING "/trace_clock", "mono") != 0)) {
    say("no tracing in this kernel: %s", strerror(errno));
    return 0;
  }
  pid_t child = fork();
  if (child != 0) {
    return child < 0 ? 0 : child;
  }
  for (int signal_number = 1; signal_number < NSIG; signal_number++) {
    signal(signal_number, SIG_DFL);
  }
  int from = open(TRACING "/trace_pipe", O_RDONLY | O_CLOEXEC);
  int to = open(device, O_RDWR | O_CLOEXEC);
  if (from >= 0 && to >= 0) {
    start_echo(to);
    copy_for_ever(from, to);
  }
  say("trace stream ended: %s", strerror(errno));
  _exit(1);
}
