// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common.h"
#include "history.h"
#include "options.h"
#include "record.h"
#include "stamp.h"

/* "state OBJECT VERSION", -1 where it is not whole. */
static void tell(const char* object, int64_t version) {
  line("state %s %" PRId64, object, version);
}

static int64_t last_record(int fd) {
  static struct census census;
  begin_census(&census);
  char slot[RECORD_SIZE];
  ssize_t size;
  int64_t offset = 0;
  while ((size = pread(fd, slot, sizeof(slot), offset)) > 0) {
    count_record(&census, offset, slot, (size_t)size);
    offset += RECORD_SIZE;
  }
  int64_t last = 0;
  for (int node = 1; node <= MAX_NODES; node++) {
    last = census.last[node] > last ? census.last[node] : last;
  }
  return size < 0 || !census_is_clean(&census) ? -1 : last;
}

static int64_t only_record(int fd) {
  char record[RECORD_SIZE];
  int64_t node;
  int64_t version;
  return pread(fd, record, sizeof(record), 0) == RECORD_SIZE &&
                 read_record(record, &node, &version) == RECORD_WHOLE
             ? version
             : -1;
}

static int64_t block_version(int fd, int block) {
  char bytes[HISTORY_BLOCK];
  struct stamp stamp;
  return pread(fd, bytes, sizeof(bytes), (off_t)block * HISTORY_BLOCK) == HISTORY_BLOCK &&
                 get_stamp(bytes, sizeof(bytes), &stamp) == 0 && stamp.index == block
             ? stamp.round
             : -1;
}

static int begins(const char* text, const char* start) {
  return strncmp(text, start, strlen(start)) == 0;
}

int run_history_state(int argc, char* argv[]) {
  const char* path = read_options(argc, argv, NULL, 0);
  DIR* dir = opendir(path);
  if (dir == NULL) {
    die_errno(path);
  }
  struct dirent* entry;
  while ((entry = readdir(dir)) != NULL) {
    const char* name = entry->d_name;
    const int fd = openat(dirfd(dir), name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      die_errno(name);
    }
    if (begins(name, "append-")) {
      tell(name, last_record(fd));
    } else if (begins(name, "name-")) {
      tell(name, only_record(fd));
    } else if (begins(name, "region-")) {
      for (int block = 0; block < HISTORY_REGIONS; block++) {
        line("state %s-%d %" PRId64, name, block, block_version(fd, block));
      }
    } else if (strcmp(name, "counter") == 0 || strcmp(name, "board") == 0) {
      tell(name, block_version(fd, 0));
    }
    close(fd);
  }
  closedir(dir);
  line("done");
  return 0;
}
