// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "judge/result.h"

namespace o2lab {

/// What repeating came to, a line each: the answers of the run, else the failure rate of each case that said
/// something more than once. Empty when nothing was repeated.
std::vector<std::string> repetition_lines(const RunResult& run);
/// The same as a section of the page of a run.
std::string repetitions_html(const RunResult& run);

}  // namespace o2lab
