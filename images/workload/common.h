// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>
#include <stdnoreturn.h>

/* Exit statuses of every subcommand: what was looked for is not so, the command line is wrong, the system
 * refused. */
enum { EXIT_NOT_SO = 1, EXIT_USAGE = 2, EXIT_SYSTEM = 3 };

/* Now, CLOCK_MONOTONIC, in nanoseconds. The kernel's trace clock "mono" reads the same clock. */
int64_t now_ns(void);

/* Prints one line on standard output in one write(), so that a reader at the other end of SSH has it at once.
 * Exits with EXIT_SYSTEM when nobody reads any more. */
void line(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "o2work: <what>: <error of errno>" on standard error and exits with EXIT_SYSTEM. */
noreturn void die_errno(const char* what);

/* Prints "o2work: <text>" on standard error and exits with EXIT_USAGE. */
noreturn void die_usage(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* Waits until CLOCK_MONOTONIC reaches this time; the pace of a workload, never a way to wait for others. */
void pace_until(int64_t at_ns);
