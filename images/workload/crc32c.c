// SPDX-License-Identifier: GPL-2.0-or-later
#include "crc32c.h"

uint32_t crc32c(const void* data, size_t size) {
  const unsigned char* bytes = data;
  uint32_t crc = 0xffffffffU;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
    }
  }
  return ~crc;
}
