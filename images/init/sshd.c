// SPDX-License-Identifier: GPL-2.0-or-later
#include "sshd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "fwcfg.h"
#include "log.h"
#include "run.h"

#define PID_FILE "/run/sshd.pid"
#define LOG_FILE "/run/sshd.log"
#define SSH_PORT 22

pid_t start_sshd(int with_key) {
  static const char* const given[] = {"dropbear", "-F", "-E",     "-m", "-s",         "-p",
                                      "22",       "-P", PID_FILE, "-r", HOSTKEY_PATH, NULL};
  static const char* const own[] = {"dropbear", "-F", "-E",     "-m", "-s", "-p",
                                    "22",       "-P", PID_FILE, "-R", NULL};
  pid_t pid = start("/usr/sbin/dropbear", with_key ? given : own, LOG_FILE);
  if (pid < 0) {
    say("cannot start dropbear: %s", strerror(errno));
  }
  return pid;
}

int watch_sshd(void) {
  int fd = inotify_init1(IN_CLOEXEC);
  if (fd >= 0 && inotify_add_watch(fd, "/run", IN_CLOSE_WRITE) < 0) {
    close(fd);
    fd = -1;
  }
  return fd;
}

int listens(const char* text, int port) {
  char wanted[16];
  snprintf(wanted, sizeof(wanted), ":%04X ", (unsigned)port & 0xffff);
  for (const char* line = strchr(text, '\n'); line != NULL; line = strchr(line + 1, '\n')) {
    const char* local = strstr(line, wanted);
    const char* end = strchr(line + 1, '\n');
    if (local == NULL || (end != NULL && local > end)) {
      continue;
    }
    /* "<address>:<port> <address>:<port> <state>": state 0A is LISTEN, and a listener's peer is all zero */
    const char* peer = local + strlen(wanted);
    const char* state = strchr(peer, ' ');
    if (state != NULL && strncmp(state, " 0A", 3) == 0) {
      return 1;
    }
  }
  return 0;
}

static int listening_now(void) {
  static char text[8192];
  return (read_text("/proc/net/tcp", text, sizeof(text)) > 0 && listens(text, SSH_PORT)) ||
         (read_text("/proc/net/tcp6", text, sizeof(text)) > 0 && listens(text, SSH_PORT));
}

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

int wait_sshd(int watch, int timeout_ms) {
  long deadline = now_ms() + timeout_ms;
  int result = -1;
  while (result != 0) {
    long left = deadline - now_ms();
    if (left <= 0) {
      break;
    }
    /* 100 ms look-ups are the fallback for a kernel without inotify; otherwise the event ends the wait */
    struct pollfd event = {.fd = watch, .events = POLLIN};
    poll(&event, 1, (int)(left < 100 ? left : 100));
    char drop[512];
    if (event.revents != 0 && read(watch, drop, sizeof(drop)) < 0) {
      watch = -1;
    }
    if (event.revents == 0 && watch >= 0 && access(PID_FILE, F_OK) != 0) {
      continue;
    }
    result = listening_now() ? 0 : -1;
  }
  if (watch >= 0) {
    close(watch);
  }
  return result;
}
