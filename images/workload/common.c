// SPDX-License-Identifier: GPL-2.0-or-later
#include "common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void line(const char* format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(text, sizeof(text) - 1, format, args);
  va_end(args);
  size_t size = length < 0 ? 0 : (size_t)length;
  if (size > sizeof(text) - 2) {
    size = sizeof(text) - 2;
  }
  text[size++] = '\n';
  if (write(STDOUT_FILENO, text, size) != (ssize_t)size) {
    exit(EXIT_SYSTEM);
  }
}

void die_errno(const char* what) {
  fprintf(stderr, "o2work: %s: %s\n", what, strerror(errno));
  exit(EXIT_SYSTEM);
}

void die_usage(const char* format, ...) {
  va_list args;
  va_start(args, format);
  fputs("o2work: ", stderr);
  vfprintf(stderr, format, args);
  fputs(" (see o2work --help)\n", stderr);
  va_end(args);
  exit(EXIT_USAGE);
}

void pace_until(int64_t at_ns) {
  struct timespec at = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
  }
}
