// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "vm/hypervisor.h"

namespace o2lab {

/// "node2.vmcore"
std::string memory_dump_name(int node);

struct MemoryDumps {
  std::map<int, std::string> missing;  ///< why a node has none, one line
  Duration spread{};                   ///< from the first node that stood still to the last
  Duration took{};
};

/// The memory of these domains (by node number) at one instant, each in a file of its own in `dir`: all stand
/// still before the first is written, and go on when the last is. A node whose QEMU has not answered when
/// `limit` is over is ended, as libvirt would wait for it for ever. Never throws; a node that fails does not
/// stop the others.
MemoryDumps dump_memory(const std::map<int, Domain*>& domains, const fs::path& dir,
                        Duration limit = 300s) noexcept;

}  // namespace o2lab
