// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "judge/result.h"

namespace o2lab {

/// results.ktap: KTAP version 1 (Documentation/dev-tools/ktap.rst), one level a suite. A suite fails if a
/// case of it fails and is SKIP if all of it was skipped. Class TIMEOUT has the directive TIMEOUT, an error
/// ERROR.
std::string ktap(const RunResult& run);

}  // namespace o2lab
