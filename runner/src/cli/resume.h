// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"

namespace o2lab {

/// `o2lab run --resume DIR` as the run was begun: with its arguments, in its folder, in its shard. Empty for
/// any other command line. Throws input when more than DIR is given or there is nothing to go on with;
/// changes the working directory and GTEST_TOTAL_SHARDS and GTEST_SHARD_INDEX of this process.
struct Resumed {
  std::vector<std::string> args;
  std::string command;  ///< what repeats the run
  fs::path run_dir;
};
std::optional<Resumed> resumed_run(const std::vector<std::string>& args);

}  // namespace o2lab
