// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/fd.h"
#include "fault/schedule.h"

namespace o2lab {

/// The schedule.json of a case; what is wrong with it is one line with the file, of kind input.
Schedule read_schedule(const fs::path& file);

}  // namespace o2lab
