// SPDX-License-Identifier: GPL-2.0-or-later
#include "record.h"

#include <string.h>

#include "../check.h"
#include "crc32c.h"
#include "stamp.h"

static void count(struct census* census, int64_t node, int64_t seq) {
  char record[RECORD_SIZE];
  make_record(record, node, seq, 1);
  count_record(census, 0, record, sizeof(record));
}

static void tells_whole_from_torn(void) {
  char record[RECORD_SIZE];
  int64_t node = 0;
  int64_t seq = 0;
  make_record(record, 7, INT64_MAX, INT64_MAX);
  CHECK(read_record(record, &node, &seq) == RECORD_WHOLE && node == 7 && seq == INT64_MAX);
  for (size_t i = 0; i < RECORD_SIZE; i++) {
    record[i] = (char)(record[i] ^ 1);
    CHECK(read_record(record, &node, &seq) == RECORD_TORN);
    record[i] = (char)(record[i] ^ 1);
  }
  char other[RECORD_SIZE];
  make_record(other, 7, 12, 34);
  memcpy(record + 64, other + 64, RECORD_SIZE - 64);
  CHECK(read_record(record, &node, &seq) == RECORD_TORN);
  memset(record, 0, sizeof(record));
  CHECK(read_record(record, &node, &seq) == RECORD_ZERO);
  record[RECORD_SIZE - 1] = '\n';
  CHECK(read_record(record, &node, &seq) == RECORD_TORN);
}

static void counts_per_node(void) {
  static struct census census;
  begin_census(&census);
  count(&census, 1, 1);
  count(&census, 2, 1);
  count(&census, 1, 2);
  CHECK(census_is_clean(&census) && census.whole == 3 && census.last[1] == 2 && census.last[2] == 1);
  count(&census, 2, 4);
  CHECK(!census_is_clean(&census) && census.missing[2] == 2 && census.last[2] == 4);
  begin_census(&census);
  count(&census, 1, 1);
  count(&census, 1, 1);
  CHECK(census.repeated == 1 && !census_is_clean(&census));
  begin_census(&census);
  count_record(&census, 256, "o2rec", 5);
  CHECK(census.torn == 1 && census.first_bad == 256 && !census_is_clean(&census));
  begin_census(&census);
  count(&census, 256, 1);
  CHECK(census.torn == 1);
}

static void tells_stamps_apart(void) {
  char block[4096];
  struct stamp in = {.node = 3, .round = 4, .index = 5};
  struct stamp out = {0};
  for (size_t size = 512; size <= sizeof(block); size *= 2) {
    put_stamp(block, size, &in);
    CHECK(get_stamp(block, size, &out) == 0 && memcmp(&in, &out, sizeof(in)) == 0);
    block[size / 2] = (char)(block[size / 2] ^ 1);
    CHECK(get_stamp(block, size, &out) == -1);
  }
  memset(block, 0, sizeof(block));
  CHECK(get_stamp(block, 512, &out) == -1);
}

int main(void) {
  CHECK(crc32c("123456789", 9) == 0xe3069283U); /* the check value of CRC-32C */
  tells_whole_from_torn();
  counts_per_node();
  tells_stamps_apart();
  return RESULT();
}
