// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmdline.h"

#include <arpa/inet.h>
#include <string.h>

#include "../check.h"

static void reads_what_the_runner_writes(void) {
  struct boot_args args;
  CHECK(parse_cmdline(
            "console=ttyS0 quiet o2lab.node=3 o2lab.name=node3 o2lab.ip=10.77.0.3/24 o2lab.loglevel=7\n",
            &args) == 0);
  CHECK(args.node == 3);
  CHECK(strcmp(args.name, "node3") == 0);
  CHECK(args.address.s_addr == htonl(0x0a4d0003));
  CHECK(args.netmask.s_addr == htonl(0xffffff00));
  CHECK(args.loglevel == 7);
}

static void keeps_defaults(void) {
  struct boot_args args;
  CHECK(parse_cmdline("", &args) == 0);
  CHECK(args.node == 0 && args.address.s_addr == 0 && args.loglevel == 0);
  CHECK(strcmp(args.name, "node") == 0);
  CHECK(parse_cmdline("o2lab.other=1 o2lab o2labx.node=2 xo2lab.node=2", &args) == 0);
  CHECK(args.node == 0);
}

static void counts_malformed_words(void) {
  struct boot_args args;
  CHECK(parse_cmdline("o2lab.node=0", &args) == 1);
  CHECK(parse_cmdline("o2lab.node=two o2lab.ip=10.77.0.1 o2lab.name=", &args) == 3);
  CHECK(args.node == 0 && args.address.s_addr == 0);
  CHECK(parse_cmdline("o2lab.node=99999999999999999999 o2lab.loglevel=9", &args) == 2);
  CHECK(parse_cmdline("o2lab.name=0123456789012345678901234567890123456789012345678901234567890123456789",
                      &args) == 1);
  CHECK(strcmp(args.name, "node") == 0);
}

static void reads_prefixes(void) {
  struct in_addr address;
  struct in_addr netmask;
  CHECK(parse_prefix("192.168.1.2/32", &address, &netmask) == 0 && netmask.s_addr == 0xffffffff);
  CHECK(parse_prefix("10.0.0.1/1", &address, &netmask) == 0 && netmask.s_addr == htonl(0x80000000));
  CHECK(parse_prefix("10.0.0.1/0", &address, &netmask) == -1);
  CHECK(parse_prefix("10.0.0.1/33", &address, &netmask) == -1);
  CHECK(parse_prefix("10.0.0/24", &address, &netmask) == -1);
  CHECK(parse_prefix("10.0.0.1/24x", &address, &netmask) == -1);
  CHECK(parse_prefix("100.100.100.100.100.100/24", &address, &netmask) == -1);
}

int main(void) {
  reads_what_the_runner_writes();
  keeps_defaults();
  counts_malformed_words();
  reads_prefixes();
  return RESULT();
}
