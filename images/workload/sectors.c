// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "common.h"
#include "options.h"
#include "stamp.h"

struct layout {
  int64_t first, index, stride, count, rounds, block;
};

struct loss {
  int64_t lost;
  int64_t sector; /* the first one lost */
  int64_t wanted; /* the round it should hold */
  struct stamp found;
  int is_stamp; /* 0: what was found is no stamp at all */
};

static int64_t sector_of(const struct layout* l, int64_t k) {
  return l->first + k * l->stride + l->index;
}

static void write_round(int fd, void* block, const struct layout* l, int64_t round) {
  for (int64_t k = 0; k < l->count; k++) {
    struct stamp stamp = {.node = l->index, .round = round, .index = k};
    put_stamp(block, (size_t)l->block, &stamp);
    if (pwrite(fd, block, (size_t)l->block, sector_of(l, k) * l->block) != l->block) {
      die_errno("write");
    }
  }
}

static void verify_round(int fd, void* block, const struct layout* l, int64_t round, struct loss* loss) {
  for (int64_t k = 0; k < l->count; k++) {
    ssize_t got = pread(fd, block, (size_t)l->block, sector_of(l, k) * l->block);
    if (got < 0) {
      die_errno("read");
    }
    struct stamp found = {0};
    int whole = got == l->block && get_stamp(block, (size_t)l->block, &found) == 0;
    if (whole && found.node == l->index && found.round == round && found.index == k) {
      continue;
    }
    if (loss->lost++ == 0) {
      *loss = (struct loss){1, sector_of(l, k), round, found, whole};
    }
  }
}

static int report(const struct loss* loss, int64_t checked) {
  line("checked=%" PRId64 " lost=%" PRId64, checked, loss->lost);
  if (loss->lost == 0) {
    return 0;
  }
  if (loss->is_stamp) {
    line("first sector=%" PRId64 " wanted round=%" PRId64 " found node=%" PRId64 " round=%" PRId64
         " k=%" PRId64,
         loss->sector, loss->wanted, loss->found.node, loss->found.round, loss->found.index);
  } else {
    line("first sector=%" PRId64 " wanted round=%" PRId64 " found no whole stamp", loss->sector,
         loss->wanted);
  }
  return EXIT_NOT_SO;
}

int run_sectors(int argc, char* argv[]) {
  struct layout l = {.stride = 1, .count = 64, .rounds = 1, .block = 512};
  int check_only = 0;
  int buffered = 0;
  const struct option_spec specs[] = {
      {"first", &l.first, 0, INT64_MAX / 65536, NULL},
      {"index", &l.index, 0, 255, NULL},
      {"stride", &l.stride, 1, 256, NULL},
      {"count", &l.count, 1, 1 << 20, NULL},
      {"rounds", &l.rounds, 1, INT_MAX, NULL},
      {"block", &l.block, 512, 65536, NULL},
      {"check", NULL, 0, 0, &check_only},
      {"buffered", NULL, 0, 0, &buffered},
  };
  const char* path = read_options(argc, argv, specs, sizeof(specs) / sizeof(specs[0]));
  if (l.index >= l.stride) {
    die_usage("--index %" PRId64 " must be less than --stride %" PRId64, l.index, l.stride);
  }
  if (l.block % 512 != 0) {
    die_usage("--block %" PRId64 " must be a multiple of 512", l.block);
  }
  int fd = open(path, (check_only ? O_RDONLY : O_RDWR | O_DSYNC) | (buffered ? 0 : O_DIRECT) | O_CLOEXEC);
  if (fd < 0) {
    die_errno(path);
  }
  void* block = aligned_alloc(4096, 65536);
  if (block == NULL) {
    die_errno("memory");
  }
  struct loss loss = {0};
  for (int64_t round = check_only ? l.rounds : 1; round <= l.rounds; round++) {
    if (!check_only) {
      write_round(fd, block, &l, round);
    }
    verify_round(fd, block, &l, round, &loss);
  }
  int status = report(&loss, l.count * (check_only ? 1 : l.rounds));
  free(block);
  close(fd);
  return status;
}
