// SPDX-License-Identifier: GPL-2.0-or-later
#include "record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crc32c.h"

/* "crc=", eight digits, newline */
#define TAIL 13
#define BODY (RECORD_SIZE - TAIL)

void make_record(char out[RECORD_SIZE], int64_t node, int64_t seq, int64_t ns) {
  char text[RECORD_SIZE + 1];
  int used =
      snprintf(text, sizeof(text), "o2rec node=%" PRId64 " seq=%" PRId64 " ns=%" PRId64 " ", node, seq, ns);
  memset(out, '.', BODY);
  memcpy(out, text, used < BODY ? (size_t)used : BODY);
  out[BODY - 1] = ' ';
  snprintf(text, sizeof(text), "crc=%08" PRIx32 "\n", crc32c(out, BODY));
  memcpy(out + BODY, text, TAIL);
}

enum record_state read_record(const char in[RECORD_SIZE], int64_t* node, int64_t* seq) {
  char text[RECORD_SIZE + 1];
  memcpy(text, in, RECORD_SIZE);
  text[RECORD_SIZE] = '\0';
  uint32_t crc;
  int64_t got_node;
  int64_t got_seq;
  if (in[RECORD_SIZE - 1] == '\n' && sscanf(text + BODY, "crc=%8" SCNx32, &crc) == 1 &&
      crc == crc32c(in, BODY) &&
      sscanf(text, "o2rec node=%" SCNd64 " seq=%" SCNd64, &got_node, &got_seq) == 2) {
    *node = got_node;
    *seq = got_seq;
    return RECORD_WHOLE;
  }
  for (size_t i = 0; i < RECORD_SIZE; i++) {
    if (in[i] != '\0') {
      return RECORD_TORN;
    }
  }
  return RECORD_ZERO;
}

void begin_census(struct census* census) {
  memset(census, 0, sizeof(*census));
  census->first_bad = -1;
}

static void count_bad(struct census* census, int64_t* counter, int64_t offset) {
  ++*counter;
  if (census->first_bad < 0) {
    census->first_bad = offset;
  }
}

void count_record(struct census* census, int64_t offset, const char* bytes, size_t size) {
  int64_t node;
  int64_t seq;
  enum record_state state = size == RECORD_SIZE ? read_record(bytes, &node, &seq) : RECORD_TORN;
  if (state == RECORD_ZERO) {
    count_bad(census, &census->zero, offset);
    return;
  }
  if (state == RECORD_TORN || node < 1 || node > MAX_NODES) {
    count_bad(census, &census->torn, offset);
    return;
  }
  census->whole++;
  if (seq <= census->last[node]) {
    census->repeated++;
    return;
  }
  census->missing[node] += seq - census->last[node] - 1;
  census->last[node] = seq;
}

int census_is_clean(const struct census* census) {
  int64_t missing = 0;
  for (int node = 1; node <= MAX_NODES; node++) {
    missing += census->missing[node];
  }
  return census->zero == 0 && census->torn == 0 && census->repeated == 0 && missing == 0;
}
