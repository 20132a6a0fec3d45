// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/fd.h"

namespace o2lab {

/// Throws environment, one line with the remedy, when this host cannot carry a run for a reason that is cheap
/// to see: a program is missing, or the file system of `results` has less than 256 MiB free (one case of
/// three nodes has been seen to take 40 MiB).
void require_host(const fs::path& results);

}  // namespace o2lab
