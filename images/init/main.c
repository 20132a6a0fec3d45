// SPDX-License-Identifier: GPL-2.0-or-later
/* /sbin/o2lab-init: PID 1 of every node. Static, no shell: its time is part of every start of a node.
 * The order is by what Dropbear needs, so that it loads while the rest is set up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmdline.h"
#include "disks.h"
#include "files.h"
#include "fwcfg.h"
#include "log.h"
#include "mounts.h"
#include "net.h"
#include "power.h"
#include "ready.h"
#include "sshd.h"
#include "supervise.h"
#include "trace.h"
#include "uevents.h"

#define SSHD_LIMIT_MS 30000

static void boot(void) {
  survive_faults();
  umask(022);
  mount_overlay_root();
  mount_first();
  int with_key = take_fwcfg();
  int uevents = open_uevents();
  int watch = watch_sshd();
  pid_t sshd = start_sshd(with_key);

  char text[4096];
  struct boot_args args;
  read_text("/proc/cmdline", text, sizeof(text));
  if (parse_cmdline(text, &args) != 0) {
    say("malformed o2lab.* word on the command line: %s", text);
  }
  set_up_network(&args);
  mount_rest();
  scan_disks();
  start_trace();
  if (args.loglevel > 0) {
    char level[12];
    snprintf(level, sizeof(level), "%d", args.loglevel);
    poke("/proc/sys/kernel/printk", level);
  }
  int ready = wait_ready(watch, uevents, SSHD_LIMIT_MS);
  close(watch);
  if (ready == 0) {
    say("ready node=%d boot=%.3f", args.node, uptime());
  } else {
    say("not ready: port 22 does not listen after %d s; see /run/sshd.log", SSHD_LIMIT_MS / 1000);
  }
  supervise(sshd, with_key, uevents);
}

static int usage(FILE* out, int status) {
  fputs(
      "usage: o2lab-init --links   link /dev/<serial> to each shared disk\n"
      "As PID 1 it boots a node of o2lab. As poweroff, reboot or halt ([-f] [-n]) it ends one.\n",
      out);
  return status;
}

int main(int argc, char* argv[]) {
  if (getpid() == 1) {
    boot();
  }
  int status = power_command(argc, argv);
  if (status >= 0) {
    return status;
  }
  if (argc == 2 && strcmp(argv[1], "--links") == 0) {
    scan_disks();
    return link_disks() > 0 ? 0 : 1;
  }
  if (argc == 2 && strcmp(argv[1], "--help") == 0) {
    return usage(stdout, 0);
  }
  return usage(stderr, 2);
}
