// SPDX-License-Identifier: GPL-2.0-or-later
#include "fwcfg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "hostkey.h"
#include "log.h"

#define OURS "/sys/firmware/qemu_fw_cfg/by_name/opt/org.o2lab/"

/* Reads OURS<name>/raw. Returns its size, or -1 after saying why. */
static ssize_t fetch(const char* name, char* buffer, size_t size) {
  char path[128];
  snprintf(path, sizeof(path), OURS "%s/raw", name);
  ssize_t used = read_file(path, buffer, size);
  if (used < 0) {
    say("no %s from fw_cfg: %s", name, strerror(errno));
  } else if ((size_t)used == size) {
    say("%s from fw_cfg is too long, at most %zu bytes", name, size - 1);
    return -1;
  }
  return used;
}

static int take_hostkey(void) {
  char text[2048];
  unsigned char key[DROPBEAR_ED25519_SIZE];
  const char* why;
  ssize_t used = fetch("ssh_host_key", text, sizeof(text));
  if (used < 0) {
    return 0;
  }
  if (convert_hostkey(text, (size_t)used, key, &why) != 0) {
    say("ssh_host_key is unusable: %s", why);
    return 0;
  }
  return write_file(HOSTKEY_PATH, key, sizeof(key), 0600) == 0;
}

int take_fwcfg(void) {
  static char text[16384];
  ssize_t used = fetch("authorized_keys", text, sizeof(text));
  if (used > 0) {
    mkdir("/root/.ssh", 0700);
    if (write_file("/root/.ssh/authorized_keys", text, (size_t)used, 0600) != 0) {
      say("cannot write authorized_keys: %s", strerror(errno));
    }
  }
  used = fetch("hosts", text, sizeof(text));
  if (used > 0 && write_file("/etc/hosts", text, (size_t)used, 0644) != 0) {
    say("cannot write /etc/hosts: %s", strerror(errno));
  }
  return take_hostkey();
}
