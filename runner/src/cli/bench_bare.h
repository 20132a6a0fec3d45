// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/plain_qemu.h"

namespace o2lab {

/// The baseline of the bench: a kernel and the least there can be around it.
struct BareSpec {
  fs::path kernel;
  fs::path initrd;  ///< holds one program, which says so and stays
  std::string cmdline;
  PlainMachine machine;
};

/// What is left of the command line of a node without what names its disk, its init and itself: so that the
/// two kernels do the same, and a word that makes it quicker makes the baseline quicker too.
std::string bare_cmdline(const std::string& of_node);

/// Boots it by QEMU alone, on the machine that domain_xml() asks for less its devices, and ends it. Returns
/// the time from exec to its first userspace line. Throws infra with the last console line when that does not
/// come, or when `stop` is raised.
Duration boot_bare(const BareSpec& spec, const StopFd& stop);

}  // namespace o2lab
