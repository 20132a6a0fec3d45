// SPDX-License-Identifier: GPL-2.0-or-later
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call.h"
#include "commands.h"
#include "common.h"
#include "options.h"
#include "record.h"
#include "walk_run.h"

struct worker {
  const char* dir;
  int64_t node;
  int64_t thread;
  int64_t pause_ms;
  struct walk_random random;
  int64_t operation; /* number of the last one begun */
  int64_t appended;
  int64_t renamed;
  int64_t versions[HISTORY_REGIONS];
  int log, names;
  struct wayfile regions, counter, board;
};

static uint64_t number(struct worker* worker) {
  return walk_number(&worker->random);
}

static enum way some_way(struct worker* worker) {
  return (enum way)(number(worker) % WAYS);
}

/* "begin THREAD OPERATION KIND OBJECT VERSION NS", and no later than the operation itself. */
static void begin(struct worker* worker, const char* kind, const char* object, int64_t version) {
  line("begin %" PRId64 " %" PRId64 " %s %s %" PRId64 " %" PRId64, worker->thread, ++worker->operation, kind,
       object, version, now_ns());
}

/* "end THREAD OPERATION RESULT VERSION SEEN BOARD NS": what was written, or -1; what was read, or -1. */
static void end(const struct worker* worker, int error, int64_t version, int64_t seen, int64_t board) {
  line("end %" PRId64 " %" PRId64 " %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, worker->thread,
       worker->operation, errno_text(error), version, seen, board, now_ns());
}

static void append(struct worker* worker) {
  char object[64];
  char record[RECORD_SIZE];
  snprintf(object, sizeof(object), "append-%" PRId64 "-%" PRId64, worker->node, worker->thread);
  make_record(record, worker->node, ++worker->appended, now_ns());
  begin(worker, "append", object, worker->appended);
  const ssize_t put = write(worker->log, record, sizeof(record));
  const int error = put < 0 ? errno : put != sizeof(record) ? EIO : fsync(worker->log) != 0 ? errno : 0;
  end(worker, error, worker->appended, -1, -1);
}

static void region(struct worker* worker) {
  char object[64];
  char kind[32];
  const int block = (int)(number(worker) % HISTORY_REGIONS);
  const enum way way = some_way(worker);
  const int reads = number(worker) % 4 == 0;
  snprintf(object, sizeof(object), "region-%" PRId64 "-%" PRId64 "-%d", worker->node, worker->thread, block);
  snprintf(kind, sizeof(kind), "%s_%s", reads ? "read" : "write", way_name(way));
  if (reads) {
    int64_t seen = -1;
    begin(worker, kind, object, -1);
    const int error = get_block(&worker->regions, way, block, &seen);
    end(worker, error, -1, seen, -1);
    return;
  }
  const int64_t version = ++worker->versions[block];
  begin(worker, kind, object, version);
  end(worker, put_block(&worker->regions, way, block, worker->node, version), version, -1, -1);
}

static int replace(struct worker* worker, const char* name) {
  char temporary[80];
  snprintf(temporary, sizeof(temporary), "new-%s", name);
  const int fd = openat(worker->names, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    return errno;
  }
  char record[RECORD_SIZE];
  make_record(record, worker->node, worker->renamed, now_ns());
  const ssize_t put = write(fd, record, sizeof(record));
  int error = put < 0 ? errno : put != sizeof(record) ? EIO : fsync(fd) != 0 ? errno : 0;
  close(fd);
  if (error == 0 && renameat(worker->names, temporary, worker->names, name) != 0) {
    error = errno;
  }
  return error == 0 && fsync(worker->names) != 0 ? errno : error;
}

static void rename_over(struct worker* worker) {
  char object[64];
  snprintf(object, sizeof(object), "name-%" PRId64 "-%" PRId64, worker->node, worker->thread);
  begin(worker, "rename", object, ++worker->renamed);
  end(worker, replace(worker, object), worker->renamed, -1, -1);
}

/* Under the lock: what the last holder left on counter and board, then one more on the board and, once that
 * is safe, on the counter. */
static int count_locked(struct worker* worker, int64_t* version, int64_t* seen, int64_t* board) {
  const enum way look = some_way(worker);
  const enum way write = some_way(worker);
  int error = get_block(&worker->counter, WAY_BUFFERED, 0, seen);
  if (error == 0) {
    error = get_block(&worker->board, look, 0, board);
  }
  *version = *seen + 1;
  if (error == 0) {
    error = put_block(&worker->board, write, 0, worker->node, *version);
  }
  return error != 0 ? error : put_block(&worker->counter, WAY_BUFFERED, 0, worker->node, *version);
}

static void count(struct worker* worker) {
  int64_t version = -1;
  int64_t seen = -1;
  int64_t board = -1;
  begin(worker, "count", "counter", -1);
  int error = flock(worker->counter.buffered, LOCK_EX) != 0 ? errno : 0;
  if (error == 0) {
    error = count_locked(worker, &version, &seen, &board);
    if (flock(worker->counter.buffered, LOCK_UN) != 0 && error == 0) {
      error = errno;
    }
  }
  end(worker, error, version, seen, board);
}

static void* work(void* argument) {
  struct worker* worker = argument;
  int64_t next = now_ns();
  for (;;) {
    switch (number(worker) % 8) {
      case 0:
      case 1:
        append(worker);
        break;
      case 2:
        rename_over(worker);
        break;
      case 3:
      case 4:
        count(worker);
        break;
      default:
        region(worker);
        break;
    }
    if (worker->pause_ms > 0) {
      next += worker->pause_ms * 1000000;
      pace_until(next);
    }
  }
  return NULL;
}

/* OCFS2 looks a name up and makes it in two steps: of two nodes that open with O_CREAT at once, one may be
 * told that the file exists, O_EXCL or not. */
static int open_shared(const char* path) {
  int fd;
  do {
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  } while (fd < 0 && errno == EEXIST);
  return fd;
}

static void prepare(struct worker* worker) {
  char path[512];
  char name[64];
  snprintf(path, sizeof(path), "%s/append-%" PRId64 "-%" PRId64, worker->dir, worker->node, worker->thread);
  worker->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  worker->names = open(worker->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (worker->log < 0 || worker->names < 0) {
    die_errno(path);
  }
  snprintf(name, sizeof(name), "region-%" PRId64 "-%" PRId64, worker->node, worker->thread);
  worker->regions = open_wayfile(worker->dir, name, HISTORY_REGIONS);
  snprintf(path, sizeof(path), "%s/lock", worker->dir);
  const int lock = open_shared(path);
  if (lock < 0 || flock(lock, LOCK_EX) != 0) { /* one node makes the files that all share */
    die_errno(path);
  }
  worker->counter = open_wayfile(worker->dir, "counter", 1);
  worker->board = open_wayfile(worker->dir, "board", 1);
  close(lock);
}

int run_history(int argc, char* argv[]) {
  int64_t node = 1;
  int64_t threads = 2;
  int64_t seed = 1;
  int64_t pause_ms = 0;
  const struct option_spec specs[] = {
      {"node", &node, 1, MAX_NODES, NULL},
      {"threads", &threads, 1, HISTORY_MOST_THREADS, NULL},
      {"seed", &seed, 0, INT64_MAX, NULL},
      {"pause-ms", &pause_ms, 0, 3600000, NULL},
  };
  const char* dir = read_options(argc, argv, specs, sizeof(specs) / sizeof(specs[0]));
  if (mkdir(dir, 0755) != 0 && errno != EEXIST) {
    die_errno(dir);
  }
  static struct worker workers[HISTORY_MOST_THREADS];
  for (int64_t t = 0; t < threads; t++) {
    workers[t] = (struct worker){.dir = dir, .node = node, .thread = t + 1, .pause_ms = pause_ms};
    workers[t].random.state = (uint64_t)seed * 1000003U + (uint64_t)(node * HISTORY_MOST_THREADS + t);
    prepare(&workers[t]);
  }
  line("ready %" PRId64, now_ns());
  for (int64_t t = 0; t < threads; t++) {
    pthread_t thread;
    if ((errno = pthread_create(&thread, NULL, work, &workers[t])) != 0) {
      die_errno("pthread_create");
    }
  }
  for (char drop[64];;) { /* the end of standard input ends it, within operations or not */
    const ssize_t got = read(STDIN_FILENO, drop, sizeof(drop));
    if (got == 0 || (got < 0 && errno != EINTR)) {
      _exit(0);
    }
  }
}
