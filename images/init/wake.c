// SPDX-License-Identifier: GPL-2.0-or-later
#include "wake.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmdline.h"
#include "files.h"
#include "fwcfg.h"
#include "log.h"
#include "sshd.h"

#define SSHD_LIMIT_S 30
#define LOOK_EVERY_MS 5
#define NS_PER_S 1000000000LL

int parse_wake(const char* text, struct timespec* now) {
  static const char word[] = "wake=";
  if (strncmp(text, word, sizeof(word) - 1) != 0) {
    return 0;
  }
  char* end;
  errno = 0;
  const long long ns = strtoll(text + sizeof(word) - 1, &end, 10);
  if (errno != 0 || ns <= 0 || *end != '\n') {
    return 0;
  }
  now->tv_sec = (time_t)(ns / NS_PER_S);
  now->tv_nsec = (long)(ns % NS_PER_S);
  return 1;
}

/* Every copy of a saved state would draw the same random numbers. */
static void stir_random(const struct timespec* now) {
  char key[256];
  ssize_t used = read_file(HOSTKEY_PATH, key, sizeof(key));
  int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
  if (fd < 0 || write(fd, now, sizeof(*now)) < 0 || (used > 0 && write(fd, key, (size_t)used) < 0) ||
      ioctl(fd, RNDRESEEDCRNG) != 0) {
    say("wake: random numbers are those of the saved node: %s", strerror(errno));
  }
  if (fd >= 0) {
    close(fd);
  }
}

/* Waits until the Dropbear that was there has ended (its successor, started by PID 1, is another one and
 * listens) or the deadline has passed. Returns 0 or -1. */
static int replace_sshd(void) {
  char text[32];
  const int watch = watch_sshd();
  const pid_t old = read_text(SSHD_PID_FILE, text, sizeof(text)) > 0 ? (pid_t)atoi(text) : 0;
  if (old > 1) {
    unlink(SSHD_PID_FILE);
    kill(old, SIGKILL);
  }
  const double deadline = uptime() + SSHD_LIMIT_S;
  int listening = 0;
  while (!listening && uptime() < deadline) {
    struct pollfd source = {.fd = watch, .events = POLLIN};
    poll(&source, 1, LOOK_EVERY_MS);
    listening = (old <= 1 || kill(old, 0) != 0) && sshd_listens(source.revents != 0 ? watch : -1, 0);
  }
  if (watch >= 0) {
    close(watch);
  }
  return listening ? 0 : -1;
}

void wake(const struct timespec* now) {
  const double begun = uptime();
  if (clock_settime(CLOCK_REALTIME, now) != 0) {
    say("wake: the clock stays as it was: %s", strerror(errno));
  }
  take_fwcfg();
  stir_random(now);
  const int listens_again = replace_sshd();
  char text[4096];
  struct boot_args args;
  read_text("/proc/cmdline", text, sizeof(text));
  parse_cmdline(text, &args);
  if (listens_again == 0) {
    say("ready node=%d woken=%.3f", args.node, uptime() - begun);
  } else {
    say("not ready: port 22 does not listen %d s after waking up; see /run/sshd.log", SSHD_LIMIT_S);
  }
}
