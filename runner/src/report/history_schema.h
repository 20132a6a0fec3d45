// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/sqlite.h"

namespace o2lab {

/// Makes the tables of RunHistory, or brings those of an older program up to date, all or nothing; `file` is
/// what it is called in errors. Throws input when a newer program made them.
void prepare_history(Database& db, const fs::path& file);

}  // namespace o2lab
