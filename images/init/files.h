// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Reads at most size bytes of a file. Returns the number read, or -1 with errno. Not zero-terminated. */
ssize_t read_file(const char* path, void* buffer, size_t size);

/* Like read_file with room kept for a zero byte, which is added; trailing newlines are removed. */
ssize_t read_text(const char* path, char* buffer, size_t size);

/* Writes a file anew with the given mode. Returns 0, or -1 with errno. */
int write_file(const char* path, const void* data, size_t size, mode_t mode);

/* Writes a string to an existing file (sysfs, procfs): never creates. Returns 0, or -1 with errno. */
int poke(const char* path, const char* text);
