// SPDX-License-Identifier: GPL-2.0-or-later
#include "disks.h"

#include <string.h>

#include "../check.h"

static int parse(const char* text, size_t length, char out[48]) {
  unsigned char page[256] = {0, 0x80, 0, (unsigned char)length};
  memcpy(page + 4, text, strlen(text));
  return parse_serial(page, 4 + strlen(text), out, 48);
}

int main(void) {
  char out[48];
  CHECK(parse("shared0", 7, out) == 0 && strcmp(out, "shared0") == 0);
  CHECK(parse("  shared1   ", 12, out) == 0 && strcmp(out, "shared1") == 0);
  CHECK(parse("sbd_0-a", 7, out) == 0);
  CHECK(parse("shared0", 6, out) == 0 && strcmp(out, "shared") == 0);
  CHECK(parse("shared0", 8, out) == -1); /* says more than the page holds */
  CHECK(parse("", 0, out) == -1);
  CHECK(parse("    ", 4, out) == -1);
  CHECK(parse("../etc", 6, out) == -1);
  CHECK(parse("0shared", 7, out) == -1);
  CHECK(parse("QM00001", 7, out) == -1); /* QEMU's own serials are no names of ours */
  CHECK(parse("a0123456789012345678901234567890123456789012345678", 50, out) == -1);
  unsigned char other[] = {0, 0x83, 0, 1, 'a'};
  CHECK(parse_serial(other, sizeof(other), out, sizeof(out)) == -1);
  CHECK(parse_serial(other, 3, out, sizeof(out)) == -1);
  return RESULT();
}
