// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/fd.h"

namespace o2lab {

/// Duration of each case in the newest of the last ten runs below `results` that holds it. Runs that cannot
/// be read are passed over.
std::map<std::string, Duration> last_durations(const fs::path& results);

}  // namespace o2lab
