// SPDX-License-Identifier: GPL-2.0-or-later
#include "disks.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "uevents.h"

static int is_name(const char* text) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
  static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  return text[0] != '\0' && strchr(letters, text[0]) != NULL && text[strspn(text, others)] == '\0';
}

int parse_serial(const unsigned char* page, size_t size, char* out, size_t room) {
  if (size < 4 || page[1] != 0x80) {
    return -1;
  }
  size_t length = (size_t)page[2] << 8 | page[3];
  const char* text = (const char*)page + 4;
  if (length > size - 4) {
    return -1;
  }
  while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\0')) {
    length--;
  }
  while (length > 0 && *text == ' ') {
    text++;
    length--;
  }
  if (length >= room) {
    return -1;
  }
  memcpy(out, text, length);
  out[length] = '\0';
  return strlen(out) == length && is_name(out) ? 0 : -1;
}

static int link_disk(const char* disk, const char* serial) {
  char path[64];
  char target[64] = "";
  struct stat there;
  snprintf(path, sizeof(path), "/dev/%s", serial);
  if (lstat(path, &there) == 0) {
    if (!S_ISLNK(there.st_mode)) {
      return 0;
    }
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length > 0 && strcmp(target, disk) == 0) {
      return 1;
    }
    unlink(path);
  }
  if (symlink(disk, path) != 0) {
    say("cannot link %s to %s: %s", path, disk, strerror(errno));
    return 0;
  }
  return 1;
}

int link_disks(void) {
  DIR* blocks = opendir("/sys/block");
  int linked = 0;
  struct dirent* entry;
  while (blocks != NULL && (entry = readdir(blocks)) != NULL) {
    if (strncmp(entry->d_name, "sd", 2) != 0 || strlen(entry->d_name) > 15) {
      continue;
    }
    char path[64];
    unsigned char page[256];
    char serial[48];
    snprintf(path, sizeof(path), "/sys/block/%.15s/device/vpd_pg80", entry->d_name);
    ssize_t size = read_file(path, page, sizeof(page));
    if (size > 0 && parse_serial(page, (size_t)size, serial, sizeof(serial)) == 0) {
      linked += link_disk(entry->d_name, serial);
    }
  }
  if (blocks != NULL) {
    closedir(blocks);
  }
  return linked;
}

/* Calls visit for every entry of a directory until it returns something else than 0, and returns that. */
static int each_entry(const char* path, int (*visit)(const char* name)) {
  DIR* dir = opendir(path);
  int result = 0;
  struct dirent* entry;
  while (dir != NULL && result == 0 && (entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] != '.') {
      result = visit(entry->d_name);
    }
  }
  if (dir != NULL) {
    closedir(dir);
  }
  return result;
}

static int scan_host(const char* host) {
  char path[64];
  snprintf(path, sizeof(path), "/sys/class/scsi_host/%.16s/scan", host);
  if (poke(path, "0 0 -") != 0) {
    say("cannot scan %s: %s", host, strerror(errno));
  }
  return 0;
}

void scan_disks(void) {
  char mode[16];
  if (read_text("/sys/module/scsi_mod/parameters/scan", mode, sizeof(mode)) > 0 &&
      strcmp(mode, "manual") == 0) {
    each_entry("/sys/class/scsi_host", scan_host);
  }
}

static int is_pending(const char* device) {
  char path[80];
  char type[8];
  snprintf(path, sizeof(path), "/sys/bus/scsi/devices/%.20s/type", device);
  if (read_text(path, type, sizeof(type)) <= 0 || strcmp(type, "0") != 0) {
    return 0; /* a host or a target, or no disk */
  }
  snprintf(path, sizeof(path), "/sys/bus/scsi/devices/%.20s/block", device);
  return access(path, F_OK) != 0;
}

int disks_pending(void) {
  return each_entry("/sys/bus/scsi/devices", is_pending);
}

void handle_disk_events(int seen) {
  if (seen & UEVENT_SCSI_HOST) {
    scan_disks();
  }
  if (seen != 0) {
    link_disks();
  }
}
