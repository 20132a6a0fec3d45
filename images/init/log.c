// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char prefix[] = "o2lab: ";

void say(const char* format, ...) {
  char line[512];
  size_t used = sizeof(prefix) - 1;
  memcpy(line, prefix, used);
  va_list args;
  va_start(args, format);
  int wanted = vsnprintf(line + used, sizeof(line) - used - 1, format, args);
  va_end(args);
  if (wanted > 0) {
    size_t room = sizeof(line) - used - 2;
    used += (size_t)wanted < room ? (size_t)wanted : room;
  }
  line[used++] = '\n';
  if (write(STDERR_FILENO, line, used) < 0) {
    return; /* a dead console must not stop PID 1 */
  }
}

double uptime(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
