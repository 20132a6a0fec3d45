// SPDX-License-Identifier: GPL-2.0-or-later
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "files.h"
#include "log.h"

static const unsigned char management_mac[4] = {0x52, 0x54, 0x00, 0xaa};
static const unsigned char cluster_mac[4] = {0x52, 0x54, 0x00, 0xcc};

static int set_address(int fd, unsigned long request, const char* name, struct in_addr address) {
  struct ifreq req = {0};
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = address};
  snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
  memcpy(&req.ifr_addr, &in, sizeof(in));
  return ioctl(fd, request, &req);
}

static int bring_up(int fd, const char* name) {
  struct ifreq req = {0};
  snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
  req.ifr_flags = IFF_UP | IFF_RUNNING;
  return ioctl(fd, SIOCSIFFLAGS, &req);
}

static void configure(int fd, const char* name, struct in_addr address, struct in_addr netmask) {
  char path[96];
  snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
  poke(path, "1");
  if (set_address(fd, SIOCSIFADDR, name, address) != 0 ||
      set_address(fd, SIOCSIFNETMASK, name, netmask) != 0 || bring_up(fd, name) != 0) {
    say("cannot configure %s: %s", name, strerror(errno));
  }
}

/* Finds the interface whose MAC begins with these four bytes. Returns 0 and fills name, or -1. */
static int find_interface(int fd, const unsigned char mac[4], char name[IF_NAMESIZE]) {
  struct if_nameindex* all = if_nameindex();
  int found = -1;
  for (struct if_nameindex* i = all; i != NULL && i->if_name != NULL && found != 0; i++) {
    struct ifreq req = {0};
    snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", i->if_name);
    if (ioctl(fd, SIOCGIFHWADDR, &req) == 0 && req.ifr_hwaddr.sa_family == ARPHRD_ETHER &&
        memcmp(req.ifr_hwaddr.sa_data, mac, 4) == 0) {
      memcpy(name, req.ifr_name, IF_NAMESIZE);
      found = 0;
    }
  }
  if_freenameindex(all);
  return found;
}

void set_up_network(const struct boot_args* args) {
  if (sethostname(args->name, strlen(args->name)) != 0) {
    say("cannot set the host name: %s", strerror(errno));
  }
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    say("no network: %s", strerror(errno));
    return;
  }
  bring_up(fd, "lo");
  char name[IF_NAMESIZE];
  if (find_interface(fd, management_mac, name) == 0) {
    struct in_addr address = {htonl(0x0a00020f)}; /* what QEMU's user-mode network forwards to */
    struct in_addr netmask = {htonl(0xffffff00)};
    configure(fd, name, address, netmask);
  } else {
    say("no management interface (MAC 52:54:00:aa:*)");
  }
  if (args->address.s_addr != 0) {
    if (find_interface(fd, cluster_mac, name) == 0) {
      configure(fd, name, args->address, args->netmask);
    } else {
      say("no cluster interface (MAC 52:54:00:cc:*)");
    }
  }
  close(fd);
}
