// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/line_splitter.h"

#include <algorithm>
#include <utility>

namespace o2lab {

void LineSplitter::feed(std::string_view bytes, TimePoint at) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    append(bytes.substr(0, end), at);
    if (end == std::string_view::npos) return;
    ++position_;
    bytes.remove_prefix(end + 1);
    deliver(false);
  }
}

void LineSplitter::finish() {
  if (open_) deliver(true);
}

void LineSplitter::append(std::string_view part, TimePoint at) {
  if (!open_) {
    line_ = StampedLine{};
    line_.at = at;
    line_.offset = position_;
    open_ = true;
  }
  position_ += part.size();
  // Two spare bytes, so that the CRs of a line of exactly the limit do not count as content.
  const size_t room = limit_ + 2 - std::min(line_.text.size(), limit_ + 2);
  if (part.size() > room) line_.cut = true;
  line_.text.append(part.substr(0, room));
}

void LineSplitter::deliver(bool partial) {
  open_ = false;
  while (!line_.text.empty() && line_.text.back() == '\r') line_.text.pop_back();
  if (line_.text.size() > limit_) {
    line_.text.resize(limit_);
    line_.cut = true;
  }
  line_.partial = partial;
  on_line_(line_);
}

}  // namespace o2lab
