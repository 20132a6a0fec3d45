// SPDX-License-Identifier: GPL-2.0-or-later
#include "sshd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "files.h"
#include "fwcfg.h"
#include "log.h"
#include "run.h"

#define LOG_FILE "/run/sshd.log"
#define SSH_PORT 22

pid_t start_sshd(int with_key) {
  static const char* const given[] = {"dropbear", "-F", "-E",     "-m", "-s",         "-p",
                                      "22",       "-P", SSHD_PID_FILE, "-r", HOSTKEY_PATH, NULL};
  static const char* const own[] = {"dropbear", "-F", "-E",     "-m", "-s", "-p",
                                    "22",       "-P", SSHD_PID_FILE, "-R", NULL};
  pid_t pid = start("/usr/sbin/dropbear", with_key ? given : own, LOG_FILE);
  if (pid < 0) {
    say("cannot start dropbear: %s", strerror(errno));
  }
  return pid;
}

int watch_sshd(void) {
  int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
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

int sshd_listens(int watch, int look_anyway) {
  char drop[512];
  if (watch >= 0 && read(watch, drop, sizeof(drop)) < 0) {
    return 0;
  }
  if (!look_anyway && access(SSHD_PID_FILE, F_OK) != 0) {
    return 0;
  }
  static char text[8192];
  return (read_text("/proc/net/tcp", text, sizeof(text)) > 0 && listens(text, SSH_PORT)) ||
         (read_text("/proc/net/tcp6", text, sizeof(text)) > 0 && listens(text, SSH_PORT));
}
