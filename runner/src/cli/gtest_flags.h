// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace o2lab {

/// Throws input when GoogleTest (1.12) would not take the `--gtest_…` flag or its value: by itself it answers
/// with two screens of help, or with a warning and another value.
void check_gtest_flag(std::string_view flag);

/// Throws input when GTEST_TOTAL_SHARDS and GTEST_SHARD_INDEX do not name a shard: by itself GoogleTest ends
/// the process with exit code 1, which says that a case failed.
void check_gtest_shards();

}  // namespace o2lab
