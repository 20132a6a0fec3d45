// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

#include "cluster/builds.h"
#include "judge/result.h"

namespace o2lab {

/// Name, OS, kernel, CPU, CPUs and memory of this host, for run.json.
std::map<std::string, std::string> host_info();
/// Bytes that /proc/meminfo has by `key` ("MemTotal", "MemAvailable"); 0 when it has not.
uint64_t host_memory(const std::string& key);
KernelInfo kernel_info(const KernelBuild& build);

}  // namespace o2lab
