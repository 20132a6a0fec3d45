// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "history.h"
#include "stamp.h"

const char* way_name(enum way way) {
  static const char* const names[WAYS] = {"buffered", "direct", "mapped"};
  return names[way];
}

struct wayfile open_wayfile(const char* dir, const char* name, int blocks) {
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", dir, name);
  struct wayfile file = {.buffered = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  struct stat is;
  if (file.buffered < 0 || fstat(file.buffered, &is) != 0) {
    die_errno(path);
  }
  file.block = aligned_alloc(HISTORY_BLOCK, HISTORY_BLOCK);
  for (int block = (int)(is.st_size / HISTORY_BLOCK); block < blocks; block++) {
    const struct stamp stamp = {.index = block};
    put_stamp(file.block, HISTORY_BLOCK, &stamp);
    if (pwrite(file.buffered, file.block, HISTORY_BLOCK, (off_t)block * HISTORY_BLOCK) != HISTORY_BLOCK) {
      die_errno(path);
    }
  }
  file.direct = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
  file.map = mmap(NULL, (size_t)blocks * HISTORY_BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, file.buffered, 0);
  if (file.direct < 0 || file.map == MAP_FAILED || fsync(file.buffered) != 0) {
    die_errno(path);
  }
  return file;
}

int put_block(const struct wayfile* file, enum way way, int block, int64_t node, int64_t version) {
  const struct stamp stamp = {.node = node, .round = version, .index = block};
  const off_t at = (off_t)block * HISTORY_BLOCK;
  put_stamp(file->block, HISTORY_BLOCK, &stamp);
  if (way == WAY_MAPPED) {
    memcpy(file->map + at, file->block, HISTORY_BLOCK);
    return msync(file->map + at, HISTORY_BLOCK, MS_SYNC) == 0 ? 0 : errno;
  }
  const int fd = way == WAY_DIRECT ? file->direct : file->buffered;
  const ssize_t put = pwrite(fd, file->block, HISTORY_BLOCK, at);
  if (put != HISTORY_BLOCK) {
    return put < 0 ? errno : EIO;
  }
  return fsync(fd) == 0 ? 0 : errno;
}

int get_block(const struct wayfile* file, enum way way, int block, int64_t* version) {
  const off_t at = (off_t)block * HISTORY_BLOCK;
  if (way == WAY_MAPPED) {
    memcpy(file->block, file->map + at, HISTORY_BLOCK);
  } else {
    const ssize_t got =
        pread(way == WAY_DIRECT ? file->direct : file->buffered, file->block, HISTORY_BLOCK, at);
    if (got < 0) {
      return errno;
    }
    if (got < HISTORY_BLOCK) {
      memset((char*)file->block + got, 0, (size_t)(HISTORY_BLOCK - got));
    }
  }
  struct stamp stamp;
  *version = get_stamp(file->block, HISTORY_BLOCK, &stamp) == 0 && stamp.index == block ? stamp.round : -1;
  return 0;
}
