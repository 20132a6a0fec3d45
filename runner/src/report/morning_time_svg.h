// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "judge/morning.h"

namespace o2lab {

/// The measurements of a time from the oldest run to tonight's, from 0 s on: a column a run, those held
/// against the others strong, the medians of both as lines.
std::string morning_time_svg(const MorningTime& time);

}  // namespace o2lab
