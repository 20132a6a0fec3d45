// SPDX-License-Identifier: GPL-2.0-or-later
#include "power.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

static void sync_bounded(void) {
  sigset_t child_ends;
  sigemptyset(&child_ends);
  sigaddset(&child_ends, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_ends, NULL);
  pid_t child = fork();
  if (child == 0) {
    sync();
    _exit(0);
  }
  struct timespec limit = {.tv_sec = 5};
  while (child > 0 && waitpid(child, NULL, WNOHANG) == 0) {
    if (sigtimedwait(&child_ends, NULL, &limit) < 0 && errno == EAGAIN) {
      say("sync did not end in 5 s, going down without");
      return;
    }
  }
}

void go_down(unsigned how) {
  sync_bounded();
  reboot((int)how);
  say("reboot: %s", strerror(errno));
}

int power_command(int argc, char* argv[]) {
  static const struct {
    const char* name;
    unsigned how;
    int signal_number;
  } commands[] = {{"poweroff", RB_POWER_OFF, SIGTERM},
                  {"reboot", RB_AUTOBOOT, SIGINT},
                  {"halt", RB_HALT_SYSTEM, SIGUSR1}};
  const char* slash = strrchr(argv[0], '/');
  const char* name = slash == NULL ? argv[0] : slash + 1;
  for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
    if (strcmp(name, commands[i].name) != 0) {
      continue;
    }
    int force = 0;
    int no_sync = 0;
    for (int a = 1; a < argc; a++) {
      force |= argv[a][0] == '-' && strchr(argv[a], 'f') != NULL;
      no_sync |= argv[a][0] == '-' && strchr(argv[a], 'n') != NULL;
    }
    if (!force) {
      return kill(1, commands[i].signal_number) == 0 ? 0 : 1;
    }
    if (!no_sync) {
      sync_bounded();
    }
    return reboot((int)commands[i].how) == 0 ? 0 : 1;
  }
  return -1;
}
