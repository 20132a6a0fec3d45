// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"

namespace o2lab {

/// Seconds from the start of a program to its end, its output appended to `out`. Throws infra with its last
/// line when it fails, does not end within `limit`, or `stop` is raised; then it is ended, and what it
/// started in its process group too.
double timed_run(const std::vector<std::string>& argv, const fs::path& out, Duration limit,
                 const StopFd& stop);

}  // namespace o2lab
