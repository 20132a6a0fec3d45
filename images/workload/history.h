// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Files that `history` writes and `history-state` reads, below one directory of a shared volume. A thread has
 * files of its own, named KIND-NODE-THREAD; "counter" and "board" are everybody's, and only touched under an
 * flock on the counter. Blocks are stamps (stamp.h) whose round is the version. */
enum { HISTORY_BLOCK = 4096, HISTORY_REGIONS = 8, HISTORY_MOST_THREADS = 16 };

/* Ways to the same bytes. */
enum way { WAY_BUFFERED, WAY_DIRECT, WAY_MAPPED, WAYS };

/* A file open in every way at once. */
struct wayfile {
  int buffered;
  int direct;
  char* map;
  void* block; /* aligned, HISTORY_BLOCK bytes */
};

/* Opens a file of that many blocks; what is missing of it is written with version 0. Exits on errors. */
struct wayfile open_wayfile(const char* dir, const char* name, int blocks);
/* Writes or reads one block; a write is durable when it returns. Return 0 or the errno; a block that is no
 * whole stamp has version -1. */
int put_block(const struct wayfile* file, enum way way, int block, int64_t node, int64_t version);
int get_block(const struct wayfile* file, enum way way, int block, int64_t* version);
const char* way_name(enum way way);
