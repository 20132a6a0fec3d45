// SPDX-License-Identifier: GPL-2.0-or-later
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

ssize_t read_file(const char* path, void* buffer, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return -1;
  }
  size_t used = 0;
  while (used < size) {
    ssize_t got = read(fd, (char*)buffer + used, size - used);
    if (got < 0) {
      int error = errno;
      close(fd);
      errno = error;
      return -1;
    }
    if (got == 0) {
      break;
    }
    used += (size_t)got;
  }
  close(fd);
  return (ssize_t)used;
}

ssize_t read_text(const char* path, char* buffer, size_t size) {
  ssize_t used = read_file(path, buffer, size - 1);
  if (used < 0) {
    buffer[0] = '\0';
    return -1;
  }
  while (used > 0 && buffer[used - 1] == '\n') {
    used--;
  }
  buffer[used] = '\0';
  return used;
}

static int write_all(const char* path, int flags, mode_t mode, const void* data, size_t size) {
  int fd = open(path, flags | O_WRONLY | O_CLOEXEC, mode);
  if (fd < 0) {
    return -1;
  }
  size_t done = 0;
  while (done < size) {
    ssize_t put = write(fd, (const char*)data + done, size - done);
    if (put < 0) {
      int error = errno;
      close(fd);
      errno = error;
      return -1;
    }
    done += (size_t)put;
  }
  return close(fd);
}

int write_file(const char* path, const void* data, size_t size, mode_t mode) {
  return write_all(path, O_CREAT | O_TRUNC, mode, data, size);
}

int poke(const char* path, const char* text) {
  return write_all(path, 0, 0, text, strlen(text));
}
