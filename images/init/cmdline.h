// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <netinet/in.h>

/* What the runner says to a node on the kernel command line. A key that is absent keeps its default. */
struct boot_args {
  int node;               /* o2lab.node=N, from 1; 0: not given */
  char name[64];          /* o2lab.name=nodeN; default "node" */
  struct in_addr address; /* o2lab.ip=A.B.C.D/P, the cluster address; 0.0.0.0: not given */
  struct in_addr netmask; /* from P, 1 to 32 */
  int loglevel;           /* o2lab.loglevel=L, console log level 1 to 8 once the node is ready; 0: leave it */
};

/* Reads the o2lab.* words of a kernel command line. Returns the number of words that were ours but malformed;
 * those keep their defaults. */
int parse_cmdline(const char* text, struct boot_args* args);

/* Parses "A.B.C.D/P", P from 1 to 32. Returns 0, or -1 and leaves both outputs untouched. */
int parse_prefix(const char* text, struct in_addr* address, struct in_addr* netmask);
