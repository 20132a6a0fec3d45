// SPDX-License-Identifier: GPL-2.0-or-later
#include "uevents.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int open_uevents(void) {
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK, .nl_groups = 1};
  if (fd >= 0 && bind(fd, (struct sockaddr*)&kernel, sizeof(kernel)) != 0) {
    close(fd);
    fd = -1;
  }
  return fd;
}

int classify_uevent(const char* message) {
  if (strncmp(message, "add@", 4) != 0) {
    return 0;
  }
  return (strstr(message, "/block/sd") != NULL ? UEVENT_DISK : 0) |
         (strstr(message, "/scsi_host/") != NULL ? UEVENT_SCSI_HOST : 0);
}

int read_uevents(int fd) {
  char message[4096];
  int seen = 0;
  ssize_t size;
  while ((size = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
    message[size] = '\0';
    seen |= classify_uevent(message);
  }
  return size < 0 && errno == ENOBUFS ? UEVENT_DISK | UEVENT_SCSI_HOST : seen;
}
