// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/remote_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace o2lab {

std::string remote_command(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

int pass_on(const CommandResult& result) {
  fmt::print("{}", result.out);
  fmt::print(stderr, "{}", result.err);
  return result.ok() ? 0 : std::max(result.exit_status, 1);
}

}  // namespace o2lab
