// SPDX-License-Identifier: GPL-2.0-or-later
#include "exports.h"

#include "text.h"

namespace o2member {

std::vector<Export> exports_within(Host& host, const std::string& directory) {
  std::vector<Export> exports;
  for (const std::string& line : lines_of(host.read("/var/lib/nfs/etab").value_or(""))) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() >= 2 && is_within(unescaped(words[0]), directory))
      exports.push_back({.path = unescaped(words[0]), .client = words[1].substr(0, words[1].find('('))});
  }
  return exports;
}

}  // namespace o2member
