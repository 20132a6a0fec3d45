// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "judge/case_spec.h"
#include "judge/result.h"

namespace o2lab {

/// What a case says of itself as the result of one that no lab has brought to an end: over as it begins, now.
CaseResult result_without_run(const CaseSpec& spec);

/// The case of that name, "Suite.Name"; null when this program has none.
const RegisteredCase* find_case(const std::string& full_name);

}  // namespace o2lab
