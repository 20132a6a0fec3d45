// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/fd.h"
#include "vm/accel.h"

namespace o2lab {

/// One shared disk as this node sees it: sda, sdb, … on virtio-scsi, in the order of the list.
struct Disk {
  enum class Kind {
    nbd,       ///< `path` is the unix socket of this node's own NBD server: what every run uses
    raw_file,  ///< `path` is the image itself, opened with cache=none: the naive set-up that FACTS trap 1 is
               ///< about
  };
  Kind kind = Kind::nbd;
  fs::path path;
  std::string serial;  ///< shared0, shared1; at most 36 bytes (QEMU, hw/scsi/scsi-disk.c)
};

/// All that a hypervisor must know to power a node on. Paths are absolute.
struct NodeSpec {
  std::string name;           ///< domain name, unique on its connection: o2lab-<run>-node1
  int number = 1;             ///< node number, from 1; 1 to 99 (it ends the MAC addresses)
  unsigned memory_mib = 256;  ///< MiB
  unsigned vcpus = 1;
  Accel accel = Accel::tcg;  ///< resolved: kvm or tcg

  fs::path kernel;         ///< vmlinux with a PVH note, or bzImage
  fs::path initrd;         ///< empty: none
  fs::path root_image;     ///< read-only, shared by all nodes: /dev/vda; empty: none
  fs::path modules_image;  ///< read-only, shared by all nodes: /dev/vdb; empty: none
  std::string cmdline;     ///< kernel command line
  std::vector<Disk> disks;

  fs::path console_socket;  ///< the runner listens here; QEMU connects the first serial port to it
  fs::path trace_socket;    ///< likewise, virtio-serial port org.o2lab.trace; empty: no such port
  fs::path power_socket;    ///< likewise, virtio-serial port org.o2lab.power; empty: no such port
  uint16_t ssh_port = 0;  ///< 127.0.0.1 port that is forwarded to port 22 of the guest; 0: no management NIC
  uint16_t switch_port = 0;  ///< 127.0.0.1 UDP port of the switch for this node; 0: no cluster NIC
  uint16_t local_port = 0;   ///< 127.0.0.1 UDP port that QEMU sends from and receives on

  std::map<std::string, fs::path> fw_cfg;  ///< NAME (the guest sees opt/org.o2lab/NAME) to the file it shows
  bool watchdog = false;                   ///< i6300esb that ends the node

  fs::path memory_file;  ///< guest memory is this file, memory_mib long; empty: memory of QEMU's own
  /// What Domain::save_devices() wrote of a node of the same hardware. Such a node does not boot: it begins
  /// there and stands still, and what it writes to memory stays out of memory_file. Empty: it boots.
  fs::path saved_devices;

  /// Cluster Ethernet address, 52:54:00:cc:00:NN with NN the node number.
  std::string cluster_mac() const;
  /// Management Ethernet address, 52:54:00:aa:00:NN.
  std::string management_mac() const;
};

}  // namespace o2lab
