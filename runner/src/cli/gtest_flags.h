// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "judge/result.h"

namespace o2lab {

/// Throws input when GoogleTest (1.12) would not take the `--gtest_…` flag or its value: by itself it answers
/// with two screens of help, or with a warning and another value.
void check_gtest_flag(std::string_view flag);

/// The shard that GTEST_TOTAL_SHARDS and GTEST_SHARD_INDEX name; the only one when they are not set. Throws
/// input when they name none: by itself GoogleTest ends the process with exit code 1, which says that a case
/// failed.
Shard gtest_shard();

}  // namespace o2lab
