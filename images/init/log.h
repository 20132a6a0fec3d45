// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/* Writes one line "o2lab: <text>" to standard error (the console) in one write(), so that kernel messages do
 * not split it. Longer than 500 bytes is cut. */
void say(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* Seconds since boot (CLOCK_BOOTTIME), with nanosecond resolution. */
double uptime(void);
