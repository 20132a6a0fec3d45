// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "commands.h"
#include "common.h"
#include "options.h"
#include "record.h"

/* Fills the buffer as far as the file goes. */
static size_t read_slot(int fd, char slot[RECORD_SIZE]) {
  size_t used = 0;
  while (used < RECORD_SIZE) {
    ssize_t got = read(fd, slot + used, RECORD_SIZE - used);
    if (got < 0) {
      die_errno("read");
    }
    if (got == 0) {
      break;
    }
    used += (size_t)got;
  }
  return used;
}

int run_check(int argc, char* argv[]) {
  const char* path = read_options(argc, argv, NULL, 0);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    die_errno(path);
  }
  static struct census census;
  begin_census(&census);
  char slot[RECORD_SIZE];
  size_t size;
  for (int64_t offset = 0; (size = read_slot(fd, slot)) > 0; offset += RECORD_SIZE) {
    count_record(&census, offset, slot, size);
  }
  close(fd);
  line("records=%" PRId64 " torn=%" PRId64 " zero=%" PRId64 " repeated=%" PRId64, census.whole, census.torn,
       census.zero, census.repeated);
  for (int node = 1; node <= MAX_NODES; node++) {
    if (census.last[node] > 0) {
      line("node=%d last=%" PRId64 " missing=%" PRId64, node, census.last[node], census.missing[node]);
    }
  }
  if (census.first_bad >= 0) {
    line("first bad record at byte %" PRId64, census.first_bad);
  }
  return census_is_clean(&census) ? 0 : EXIT_NOT_SO;
}
