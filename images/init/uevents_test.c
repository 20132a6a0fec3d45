// SPDX-License-Identifier: GPL-2.0-or-later
#include "uevents.h"

#include "../check.h"

int main(void) {
  CHECK(classify_uevent("add@/devices/pci0000:00/0000:00:05.0/virtio4/host0/target0:0:0/0:0:0:0/block/sda") ==
        UEVENT_DISK);
  CHECK(classify_uevent("remove@/devices/pci0000:00/virtio4/host0/target0:0:0/0:0:0:0/block/sda") == 0);
  CHECK(classify_uevent("add@/devices/pci0000:00/0000:00:05.0/virtio4/host0/scsi_host/host0") ==
        UEVENT_SCSI_HOST);
  CHECK(classify_uevent("add@/devices/virtual/block/loop0") == 0);
  CHECK(classify_uevent("") == 0);
  return RESULT();
}
