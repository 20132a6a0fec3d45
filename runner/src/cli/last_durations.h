// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "judge/case_spec.h"

namespace o2lab {

/// Duration of each case in the newest of the last ten runs below `results` that holds it. Runs that cannot
/// be read are passed over.
std::map<std::string, Duration> last_durations(const fs::path& results);

/// The same as a CasePool asks for it: no time at all for a case that no such run holds.
std::function<Duration(const RegisteredCase&)> expected_durations(const fs::path& results);

}  // namespace o2lab
