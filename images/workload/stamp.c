// SPDX-License-Identifier: GPL-2.0-or-later
#include "stamp.h"

#include <string.h>

#include "crc32c.h"

static const char magic[8] = "o2stamp";

/* Layout: magic, node, round, index, fill..., and the checksum in the last eight bytes. */
void put_stamp(void* block, size_t size, const struct stamp* stamp) {
  char* out = block;
  memcpy(out, magic, sizeof(magic));
  memcpy(out + 8, stamp, sizeof(*stamp));
  int64_t fill = stamp->node << 48 ^ stamp->round << 24 ^ stamp->index;
  for (size_t at = 8 + sizeof(*stamp); at < size - 8; at += 8) {
    memcpy(out + at, &fill, 8);
  }
  uint64_t crc = crc32c(out, size - 8);
  memcpy(out + size - 8, &crc, 8);
}

int get_stamp(const void* block, size_t size, struct stamp* stamp) {
  const char* in = block;
  uint64_t crc;
  memcpy(&crc, in + size - 8, 8);
  if (memcmp(in, magic, sizeof(magic)) != 0 || crc != crc32c(in, size - 8)) {
    return -1;
  }
  memcpy(stamp, in + 8, sizeof(*stamp));
  return 0;
}
