// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/plain_qemu.h"

namespace o2lab {

/// What images/cloud/build.sh left: a plain Debian, and the keys to log into it.
fs::path cloud_image(const fs::path& repository);

/// Why it cannot be booted and what to do; empty when it can.
std::string cloud_missing(const fs::path& repository);

/// The command line of its machine. Its disk keeps nothing; its SSH server is at 127.0.0.1:`port`, and it
/// reaches nobody.
std::vector<std::string> cloud_command(const fs::path& image, const PlainMachine& machine, uint16_t port);

/// Whether systemd says by this line that the SSH server has started.
bool ssh_server_started(const std::string& line);

/// Boots it and ends it. Returns the time from exec to its answer to a command over SSH. Throws infra, or
/// timeout with what it last said.
Duration boot_cloud(const fs::path& image, const PlainMachine& machine, const StopFd& stop);

}  // namespace o2lab
