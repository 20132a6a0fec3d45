// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "judge/case_spec.h"

namespace o2lab {

/// Throws input for a pattern that no case matches.
void refuse_unknown(const std::vector<std::string>& patterns);
/// A case that is named in full runs whatever its selection; anything else only inside the selection.
bool is_wanted(const Options& options, const RegisteredCase& one);

}  // namespace o2lab
