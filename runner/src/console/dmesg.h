// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "base/fd.h"

namespace o2lab {

/// What a console file holds from byte `from` (LineSource::position() at the start of a case) up to `to`,
/// without CRs and from the start of the line in which `from` lies on: what this case added. Empty when the
/// file is shorter; throws infra when it cannot be read.
std::string console_since(const fs::path& raw_file, uint64_t from,
                          uint64_t to = std::numeric_limits<uint64_t>::max());

}  // namespace o2lab
