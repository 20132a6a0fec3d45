// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common.h"
#include "options.h"

/* A write that takes longer is reported when it ends, beside the summary. */
#define WORTH_A_LINE_NS 100000000

int run_stall(int argc, char* argv[]) {
  int64_t seconds = 10;
  int64_t interval_ms = 0;
  const struct option_spec specs[] = {
      {"seconds", &seconds, 1, 86400, NULL},
      {"interval-ms", &interval_ms, 0, 3600000, NULL},
  };
  const char* path = read_options(argc, argv, specs, sizeof(specs) / sizeof(specs[0]));
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    die_errno(path);
  }
  static char block[4096];
  int64_t writes = 0;
  int64_t longest = 0;
  int64_t longest_at = 0;
  const int64_t end = now_ns() + seconds * 1000000000;
  for (int64_t begun = now_ns(); begun < end; begun = now_ns()) {
    memcpy(block, &begun, sizeof(begun));
    if (pwrite(fd, block, sizeof(block), 0) != (ssize_t)sizeof(block) || fsync(fd) != 0) {
      die_errno("write");
    }
    int64_t took = now_ns() - begun;
    writes++;
    if (took > longest) {
      longest = took;
      longest_at = begun;
    }
    if (took >= WORTH_A_LINE_NS) {
      line("stall %" PRId64 " ms=%" PRId64, begun, took / 1000000);
    }
    if (interval_ms > 0) {
      pace_until(begun + interval_ms * 1000000);
    }
  }
  line("writes=%" PRId64 " longest_ms=%" PRId64 " at=%" PRId64, writes, longest / 1000000, longest_at);
  return close(fd) == 0 ? 0 : EXIT_SYSTEM;
}
