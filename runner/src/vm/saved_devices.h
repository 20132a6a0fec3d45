// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <libvirt/libvirt.h>

#include <string>

#include "base/fd.h"

namespace o2lab {

/// Writes the state of all devices of a suspended domain to `file`, its memory left out, as that is a file
/// already (QEMU's migration with x-ignore-shared, migration/ram.c). Returns when all is written; the domain
/// does not run again. Throws node_gone or infra with the domain's name `who` and QEMU's words.
void save_devices(virDomainPtr domain, const std::string& who, const fs::path& file);

/// Loads what save_devices() wrote into a domain that was started with `-incoming defer`; it stands still
/// afterwards. Throws likewise.
void load_devices(virDomainPtr domain, const std::string& who, const fs::path& file);

}  // namespace o2lab
