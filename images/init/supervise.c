// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "disks.h"
#include "log.h"
#include "power.h"
#include "sshd.h"
#include "uevents.h"

/* Between two starts of Dropbear, so that one that cannot start does not eat the CPU. */
#define RESTART_PAUSE_MS 1000

static void reap_for_ever(int signal_number) {
  say("init: fatal signal %d; only reaping from now on", signal_number);
  for (;;) {
    if (waitpid(-1, NULL, 0) < 0) {
      pause();
    }
  }
}

void survive_faults(void) {
  static char stack[16384];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_handler = reap_for_ever, .sa_flags = SA_ONSTACK | SA_NODEFER};
  static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
  for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
    sigaction(fatal[i], &action, NULL);
  }
  signal(SIGPIPE, SIG_IGN);
}

static int open_signals(void) {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigaddset(&watched, SIGTERM);
  sigaddset(&watched, SIGINT);
  sigaddset(&watched, SIGUSR1);
  sigprocmask(SIG_BLOCK, &watched, NULL);
  return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void obey(int fd) {
  struct signalfd_siginfo info;
  while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
    if (info.ssi_signo == SIGTERM) {
      go_down(RB_POWER_OFF);
    } else if (info.ssi_signo == SIGINT) {
      go_down(RB_AUTOBOOT);
    } else if (info.ssi_signo == SIGUSR1) {
      go_down(RB_HALT_SYSTEM);
    }
  }
}

/* Returns the pid of Dropbear, or -1 if it was among the dead. */
static pid_t reap(pid_t sshd) {
  pid_t pid;
  while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
    if (pid == sshd) {
      say("dropbear ended, starting it again");
      sshd = -1;
    }
  }
  return sshd;
}

void supervise(pid_t sshd, int with_key, int uevents) {
  reboot(RB_DISABLE_CAD); /* ctrl-alt-del becomes SIGINT */
  struct pollfd sources[2] = {{.fd = open_signals(), .events = POLLIN}, {.fd = uevents, .events = POLLIN}};
  struct timespec started = {0};
  for (;;) {
    sshd = reap(sshd);
    int timeout = -1;
    if (sshd < 0) {
      struct timespec now;
      clock_gettime(CLOCK_MONOTONIC, &now);
      long age = (now.tv_sec - started.tv_sec) * 1000 + (now.tv_nsec - started.tv_nsec) / 1000000;
      if (age >= RESTART_PAUSE_MS) {
        sshd = start_sshd(with_key);
        started = now;
      }
      timeout = sshd < 0 ? RESTART_PAUSE_MS : -1;
    }
    poll(sources, 2, timeout);
    if (sources[0].revents != 0) {
      obey(sources[0].fd);
    }
    if (sources[1].revents != 0) {
      handle_disk_events(read_uevents(uevents));
    }
  }
}
