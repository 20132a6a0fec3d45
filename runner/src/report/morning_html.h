// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "judge/morning.h"
#include "report/morning_links.h"

namespace o2lab {

/// The morning page: one file that opens offline and loads nothing, light or dark as the reader's system is,
/// sections in the order in which a reader must act.
std::string morning_html(const Morning& morning, const MorningLinks& links);

}  // namespace o2lab
