// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/console_line.h"

#include <algorithm>
#include <cctype>

namespace o2lab {

namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

/// Length of "[   12.345678]" at the start of `text`; 0 when it does not begin so.
size_t stamp_length(std::string_view text) {
  if (text.empty() || text[0] != '[') return 0;
  size_t i = 1;
  while (i < text.size() && text[i] == ' ') ++i;
  const size_t seconds = i;
  while (i < text.size() && digit(text[i])) ++i;
  if (i == seconds || i >= text.size() || text[i] != '.') return 0;
  const size_t fraction = ++i;
  while (i < text.size() && digit(text[i])) ++i;
  if (i - fraction != 6 || i >= text.size() || text[i] != ']') return 0;
  return i + 1;
}

/// Takes "[  T123]" off the front of `text`.
std::string_view take_caller(std::string_view& text) {
  if (text.empty() || text[0] != '[') return {};
  size_t i = 1;
  while (i < text.size() && text[i] == ' ') ++i;
  const size_t start = i;
  if (i >= text.size() || (text[i] != 'T' && text[i] != 'C')) return {};
  ++i;
  const size_t number = i;
  while (i < text.size() && digit(text[i])) ++i;
  if (i == number || i >= text.size() || text[i] != ']') return {};
  const std::string_view caller = text.substr(start, i - start);
  text.remove_prefix(i + 1);
  return caller;
}

}  // namespace

ConsoleLine parse_console_line(std::string_view text) {
  ConsoleLine line;
  std::string_view rest = text;
  if (rest.size() > 2 && rest[0] == '<' && digit(rest[1])) {
    const size_t end = rest.find('>');
    if (end <= 4) rest.remove_prefix(end + 1);
  }
  size_t stamp = stamp_length(rest);
  for (size_t at = rest.find('['); stamp == 0 && at != std::string_view::npos; at = rest.find('[', at + 1)) {
    stamp = stamp_length(rest.substr(at));
    if (stamp != 0) rest.remove_prefix(at);
  }
  rest.remove_prefix(stamp);
  line.stamped = stamp != 0;
  line.caller = take_caller(rest);
  if (line.caller.empty() && line.stamped && rest.starts_with(" [")) {
    std::string_view spaced = rest.substr(1);
    line.caller = take_caller(spaced);
    if (!line.caller.empty()) rest = spaced;
  }
  if ((line.stamped || !line.caller.empty()) && rest.starts_with(' ')) rest.remove_prefix(1);
  line.body = rest;
  return line;
}

}  // namespace o2lab
