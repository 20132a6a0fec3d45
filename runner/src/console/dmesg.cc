// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/dmesg.h"

#include <algorithm>

namespace o2lab {

std::string console_since(const fs::path& raw_file, uint64_t from, uint64_t to) {
  const std::string all = read_file(raw_file);
  const size_t end = std::min<uint64_t>(to, all.size());
  if (from >= end) return {};
  // A case may begin while a line is being printed.
  const size_t before = from == 0 ? std::string::npos : all.rfind('\n', from - 1);
  const size_t start = before == std::string::npos ? 0 : before + 1;
  std::string out = all.substr(start, end - start);
  out.erase(std::remove(out.begin(), out.end(), '\r'), out.end());
  return out;
}

}  // namespace o2lab
