// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Records have one size and are text, so that a file of them can be read by eye, and a torn one cannot pass
 * for two. */
#define RECORD_SIZE 128

/* Formats record seq (from 1) of a node: "o2rec node=N seq=S ns=T .... crc=XXXXXXXX\n", no terminating zero.
 */
void make_record(char out[RECORD_SIZE], int64_t node, int64_t seq, int64_t ns);

enum record_state { RECORD_WHOLE, RECORD_ZERO, RECORD_TORN };

/* Says whether these bytes are a whole record; node and seq are set for whole ones only. RECORD_ZERO: nothing
 * but zero bytes. */
enum record_state read_record(const char in[RECORD_SIZE], int64_t* node, int64_t* seq);

#define MAX_NODES 255

/* What `check` finds in a file. Sequence numbers of a node must rise by one from 1; other writers may come
 * between. */
struct census {
  int64_t whole, zero, torn;
  int64_t last[MAX_NODES + 1];    /* last sequence number of each node, 0: none */
  int64_t missing[MAX_NODES + 1]; /* numbers left out before last */
  int64_t repeated;               /* records whose number is not greater than one before */
  int64_t first_bad;              /* byte offset of the first zero or torn record, -1: none */
};

void begin_census(struct census* census);

/* Counts the bytes of one record slot; size below RECORD_SIZE (the end of a file) is torn. */
void count_record(struct census* census, int64_t offset, const char* bytes, size_t size);

/* 1 if nothing is zero, torn, missing or repeated. */
int census_is_clean(const struct census* census);
