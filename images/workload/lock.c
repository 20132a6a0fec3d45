// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

#include "commands.h"
#include "common.h"
#include "options.h"

static int take_lock(int fd, int posix, int wait) {
  if (!posix) {
    return flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
  }
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(fd, wait ? F_SETLKW : F_SETLK, &whole);
}

static void on_alarm(int signal_number) {
  (void)signal_number; /* only there to interrupt the wait for the lock */
}

/* Repeats, so that an alarm that comes before the wait begins is not the last one. */
static void arm_alarm(int64_t timeout_ms) {
  struct sigaction action = {.sa_handler = on_alarm};
  struct itimerval timer = {.it_value = {timeout_ms / 1000, timeout_ms % 1000 * 1000},
                            .it_interval = {0, 50000}};
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &timer, NULL);
}

static void hold_till_eof(void) {
  char drop[256];
  ssize_t got;
  do {
    got = read(STDIN_FILENO, drop, sizeof(drop));
  } while (got > 0 || (got < 0 && errno == EINTR));
}

int run_lock(int argc, char* argv[]) {
  int hold = 0;
  int try_only = 0;
  int posix = 0;
  int64_t timeout_ms = 0;
  const struct option_spec specs[] = {
      {"hold", NULL, 0, 0, &hold},
      {"try", NULL, 0, 0, &try_only},
      {"posix", NULL, 0, 0, &posix},
      {"timeout-ms", &timeout_ms, 1, 3600000, NULL},
  };
  const char* path = read_options(argc, argv, specs, sizeof(specs) / sizeof(specs[0]));
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    die_errno(path);
  }
  line("waiting %" PRId64, now_ns());
  if (timeout_ms > 0) {
    arm_alarm(timeout_ms);
  }
  if (take_lock(fd, posix, !try_only) != 0) {
    if (errno == EWOULDBLOCK || errno == EACCES || errno == EINTR) {
      line("busy %" PRId64, now_ns());
      return EXIT_NOT_SO;
    }
    die_errno("lock");
  }
  line("locked %" PRId64, now_ns());
  struct itimerval off = {0};
  setitimer(ITIMER_REAL, &off, NULL);
  if (hold) {
    hold_till_eof();
  }
  close(fd);
  line("unlocked %" PRId64, now_ns());
  return 0;
}
