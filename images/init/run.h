// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

/* Starts a program with default signals, its output appended to the file log (NULL: kept on the console),
 * input from /dev/null. Returns its pid, or -1 with errno. */
pid_t start(const char* path, const char* const argv[], const char* log);
