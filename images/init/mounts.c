// SPDX-License-Identifier: GPL-2.0-or-later
#include "mounts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

/* Both exist in every Debian root and are empty there. */
#define UPPER "/mnt"
#define MERGED "/media"

#define MODULES_DISK "/dev/vdb"
#define MODULES_DIR "/lib/modules"

struct mount_entry {
  const char* type;
  const char* where;
  unsigned long flags;
  const char* options;
};

/* EBUSY: an initrd mounted it already. ENOENT, ENODEV: this kernel was built without it. */
static void mount_all(const struct mount_entry* entries, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const struct mount_entry* e = &entries[i];
    if (mount(e->type, e->where, e->type, e->flags, e->options) != 0 && errno != EBUSY && errno != ENODEV &&
        errno != ENOENT) {
      say("cannot mount %s on %s: %s", e->type, e->where, strerror(errno));
    }
  }
}

static int fail(const char* what) {
  say("root stays read-only: %s: %s", what, strerror(errno));
  return -1;
}

int mount_overlay_root(void) {
  if (mount("tmpfs", UPPER, "tmpfs", 0, "mode=0755") != 0) {
    return fail("tmpfs for changes");
  }
  if (mkdir(UPPER "/upper", 0755) != 0 || mkdir(UPPER "/work", 0755) != 0) {
    return fail("directories for changes");
  }
  if (mount("overlay", MERGED, "overlay", 0, "lowerdir=/,upperdir=" UPPER "/upper,workdir=" UPPER "/work") !=
      0) {
    return fail("overlay");
  }
  if (mount("/dev", MERGED "/dev", NULL, MS_MOVE, NULL) != 0 &&
      mount("dev", MERGED "/dev", "devtmpfs", MS_NOSUID, NULL) != 0) {
    say("no /dev: %s", strerror(errno));
  }
  if (chdir(MERGED) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 ||
      chdir("/") != 0) {
    return fail("change of root");
  }
  return 0;
}

void mount_first(void) {
  static const struct mount_entry first[] = {
      {"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
      {"sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
      {"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755"},
  };
  mount_all(first, sizeof(first) / sizeof(first[0]));
}

void mount_rest(void) {
  static const struct mount_entry rest[] = {
      {"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666"},
      {"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777"},
      {"configfs", "/sys/kernel/config", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
      {"debugfs", "/sys/kernel/debug", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
      {"tracefs", "/sys/kernel/tracing", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
  };
  mkdir("/dev/pts", 0755);
  mkdir("/dev/shm", 01777);
  mount_all(rest, sizeof(rest) / sizeof(rest[0]));
  if (mount(MODULES_DISK, MODULES_DIR, "erofs", MS_RDONLY, NULL) != 0) {
    say("no kernel modules: " MODULES_DISK " on " MODULES_DIR ": %s", strerror(errno));
  }
}
