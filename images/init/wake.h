// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <time.h>

/* Is this what the runner writes to the trace port of a node that it let go on from a saved state,
 * "wake=NANOSECONDS\n" with the time of day since 1970? Returns 1 and the time, or 0. */
int parse_wake(const char* text, struct timespec* now);

/* Gives the node the time and the keys of the run it wakes up in, and says on the console that it is ready
 * again. The saved state may have any number of copies. */
void wake(const struct timespec* now);
