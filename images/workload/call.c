// SPDX-License-Identifier: GPL-2.0-or-later
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "common.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define TRACE_MARKER "/sys/kernel/tracing/trace_marker"

static int write_text(const char* file, const char* text) {
  int fd = open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno;
  }
  ssize_t size = (ssize_t)strlen(text);
  ssize_t put = write(fd, text, (size_t)size);
  int error = put < 0 ? errno : put != size ? EIO : 0;
  close(fd);
  return error;
}

static int ln(const char* target, const char* link) {
  return symlink(target, link) == 0 ? 0 : errno;
}
static int rm(const char* link, const char* none) {
  return (void)none, unlink(link) == 0 ? 0 : errno;
}
static int make(const char* dir, const char* none) {
  return (void)none, mkdir(dir, 0755) == 0 ? 0 : errno;
}
static int clear(const char* dir, const char* none) {
  return (void)none, rmdir(dir) == 0 ? 0 : errno;
}
static int attach(const char* device, const char* dir) {
  return mount(device, dir, "ocfs2", 0, "heartbeat=local") == 0 ? 0 : errno;
}
static int detach(const char* dir, const char* none) {
  return (void)none, umount(dir) == 0 ? 0 : errno;
}

static const struct {
  const char* name;
  int arguments;
  int (*make)(const char* first, const char* second);
} calls[] = {{"ln", 2, ln},
             {"rm", 1, rm},
             {"mkdir", 1, make},
             {"rmdir", 1, clear},
             {"write", 2, write_text},
             {"mount", 2, attach},
             {"umount", 1, detach}};

static int find(const char* name) {
  for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
    if (strcmp(calls[i].name, name) == 0) {
      return (int)i;
    }
  }
  return -1;
}

int call_arguments(const char* name) {
  int found = find(name);
  return found < 0 ? 0 : calls[found].arguments;
}

int make_call(const struct call* call) {
  int found = find(call->name);
  return found < 0 ? CALL_UNKNOWN : calls[found].make(call->first, call->second);
}

const char* errno_text(int error) {
  static _Thread_local char number[16];
  const char* name = error == 0 ? "ok" : strerrorname_np(error);
  if (name == NULL) {
    snprintf(number, sizeof(number), "%d", error);
    name = number;
  }
  return name;
}

static void mark(int fd, const char* number, const char* what) {
  char text[96];
  int size = snprintf(text, sizeof(text), "o2work: mark=%s %s", number, what);
  if (write(fd, text, (size_t)size) != size) {
    die_errno(TRACE_MARKER);
  }
}

/* Makes the N-th allocation of this thread from now on fail, N = 0: none (Documentation/fault-injection). */
static int arm(const char* nth) {
  int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
  if (fd < 0 || write(fd, nth, strlen(nth)) < 0) {
    die_errno(FAIL_NTH);
  }
  return fd;
}

/* Whether the allocation was come to. */
static bool disarm(int fd) {
  char left[16] = "";
  if (pread(fd, left, sizeof(left) - 1, 0) < 0 || pwrite(fd, "0", 1, 0) < 0) {
    die_errno(FAIL_NTH);
  }
  close(fd);
  return atoi(left) == 0;
}

int run_call(int argc, char* argv[]) {
  const char* number = NULL;
  const char* nth = NULL;
  while (argc > 2 && (strcmp(argv[1], "--mark") == 0 || strcmp(argv[1], "--fail-nth") == 0)) {
    *(argv[1][2] == 'm' ? &number : &nth) = argv[2];
    argc -= 2;
    argv += 2;
  }
  int arguments = argc > 1 ? call_arguments(argv[1]) : 0;
  if (arguments == 0 || argc != 2 + arguments) {
    die_usage("call: %s", argc > 1 ? argv[1] : "which one?");
  }
  const struct call call = {argv[1], argv[2], arguments == 2 ? argv[3] : NULL};
  int marker = -1;
  if (number != NULL) {
    marker = open(TRACE_MARKER, O_WRONLY | O_CLOEXEC);
    if (marker < 0) {
      die_errno(TRACE_MARKER);
    }
    mark(marker, number, "phase=begin");
  }
  int failing = nth == NULL ? -1 : arm(nth);
  int error = make_call(&call);
  bool failed = failing >= 0 && disarm(failing);
  const char* result = errno_text(error);
  if (marker >= 0) {
    mark(marker, number, "phase=end");
  }
  line("%s%s", failed ? "injected " : "", result);
  return 0;
}
