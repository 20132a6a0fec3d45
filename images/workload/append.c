// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "commands.h"
#include "common.h"
#include "options.h"
#include "record.h"

int run_append(int argc, char* argv[]) {
  int64_t node = 1;
  int64_t records = 0;
  int64_t first = 1;
  int64_t interval_ms = 0;
  const struct option_spec specs[] = {
      {"node", &node, 1, MAX_NODES, NULL},
      {"records", &records, 0, INT64_MAX / 2, NULL},
      {"first", &first, 1, INT64_MAX / 2, NULL},
      {"interval-ms", &interval_ms, 0, 3600000, NULL},
  };
  const char* path = read_options(argc, argv, specs, sizeof(specs) / sizeof(specs[0]));
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) {
    die_errno(path);
  }
  int64_t next = now_ns();
  for (int64_t seq = first; records == 0 || seq < first + records; seq++) {
    char record[RECORD_SIZE];
    make_record(record, node, seq, now_ns());
    if (write(fd, record, sizeof(record)) != (ssize_t)sizeof(record)) {
      die_errno("append");
    }
    if (fsync(fd) != 0) {
      die_errno("fsync");
    }
    line("ack %" PRId64 " %" PRId64, seq, now_ns());
    if (interval_ms > 0) {
      next += interval_ms * 1000000;
      pace_until(next);
    }
  }
  return close(fd) == 0 ? 0 : EXIT_SYSTEM;
}
