// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervise.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "disks.h"
#include "log.h"
#include "power.h"
#include "sshd.h"

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

static int open_uevents(void) {
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK, .nl_groups = 1};
  if (fd >= 0 && bind(fd, (struct sockaddr*)&kernel, sizeof(kernel)) != 0) {
    close(fd);
    fd = -1;
  }
  return fd;
}

static int disk_appeared(int fd) {
  char event[4096];
  int appeared = 0;
  ssize_t size;
  while ((size = recv(fd, event, sizeof(event) - 1, 0)) > 0) {
    event[size] = '\0';
    appeared |= strncmp(event, "add@", 4) == 0 && strstr(event, "/block/sd") != NULL;
  }
  return appeared || (size < 0 && errno == ENOBUFS); /* events were lost: look */
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

void supervise(pid_t sshd, int with_key) {
  reboot(RB_DISABLE_CAD); /* ctrl-alt-del becomes SIGINT */
  struct pollfd sources[2] = {{.fd = open_signals(), .events = POLLIN},
                              {.fd = open_uevents(), .events = POLLIN}};
  link_disks(); /* a disk found between the first look and the subscription */
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
    if (sources[1].revents != 0 && disk_appeared(sources[1].fd)) {
      link_disks();
    }
  }
}
