// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "judge/morning.h"

namespace o2lab {

/// {"new","runs","cases":[{"case","flavour","topology","standing",…}],"times","reports","missing"}: what the
/// page says, for programs. Cases that only pass are left out.
nlohmann::ordered_json morning_json(const Morning& morning);

}  // namespace o2lab
