// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/fd.h"
#include "judge/result.h"

namespace o2lab {

/// The closing block on the terminal: run directory, slowest cases, failures with one line of reason and
/// where to look, skips grouped by reason, and as its last line summary_line(). `color`: ANSI colours, for a
/// terminal only.
std::string console_summary(const RunResult& run, const fs::path& run_dir, bool color = false);

}  // namespace o2lab
