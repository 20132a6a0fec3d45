// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <charconv>
#include <string_view>

namespace o2lab {

/// N of "nodeN", as guests call each other; 0 when it is no such name.
inline int node_number(std::string_view name) {
  constexpr std::string_view kPrefix = "node";
  int number = 0;
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

}  // namespace o2lab
