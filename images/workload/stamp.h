// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What a node writes into a sector of its own: who, in which round, and which of its sectors. */
struct stamp {
  int64_t node;
  int64_t round;
  int64_t index;
};

/* Fills a block of size bytes (a multiple of 8, at least 64) with the stamp, a pattern made from it to the
 * end, and a checksum. */
void put_stamp(void* block, size_t size, const struct stamp* stamp);

/* Reads a block's stamp back. Returns 0, or -1 where the block is not a whole stamp. */
int get_stamp(const void* block, size_t size, struct stamp* stamp);
