// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

/* Starts a program with default signals, its output appended to the file log (NULL: kept on the console),
 * input from /dev/null. Returns its pid, or -1 with errno. */
pid_t start(const char* path, const char* const argv[], const char* log);

/* Runs a program to its end. Only before supervise() begins, which reaps everything. Returns its exit status,
 * 128 + signal, or -1. */
int run_and_wait(const char* path, const char* const argv[]);
