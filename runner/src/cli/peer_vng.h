// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/plain_qemu.h"

namespace o2lab {

/// virtme-ng's program: what $VNG names, else `vng` of PATH, else empty. Throws input when $VNG names none.
fs::path find_vng();
/// How to have it.
std::string no_vng();

/// Whether virtme-ng can boot a kernel of this configuration: its guests take the host's files as their root,
/// by 9p or virtiofs. `config` is the text of a .config.
bool vng_can_boot(const std::string& config);

/// What virtme-ng is to boot.
struct VngKernel {
  std::string flavour;  ///< what o2lab calls the same kernel
  fs::path image;       ///< has its modules below a folder above, where they are not built in
  std::string missing;  ///< why there is none, and what to do
};
/// The kernel `flavour` if virtme-ng can boot it, else stock.
VngKernel kernel_for_vng(const fs::path& repository, const std::string& flavour);

/// Whether a virtiofsd is here that virtme-ng can use: the one of QEMU 7 and older takes other arguments, and
/// virtme-ng waits 3 s for it in vain.
bool virtiofsd_usable();

/// The command line that boots `image` on such a machine, runs `true` in it, and ends.
std::vector<std::string> vng_command(const fs::path& vng, const fs::path& image, const PlainMachine& machine,
                                     bool virtiofs);

}  // namespace o2lab
