// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdio.h>

/* The whole test framework of images/: CHECK in a test, RESULT() as main's return value. test.sh adds the
 * counts up. */
static int checks_passed;
static int checks_failed;

#define CHECK(condition)                                             \
  do {                                                               \
    if (condition) {                                                 \
      checks_passed++;                                               \
    } else {                                                         \
      checks_failed++;                                               \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                \
  } while (0)

#define RESULT() (printf("passed %d failed %d\n", checks_passed, checks_failed), checks_failed != 0)
