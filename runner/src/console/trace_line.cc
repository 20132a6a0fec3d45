// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/trace_line.h"

#include <charconv>

namespace o2lab {

namespace {

std::map<std::string, std::string> parse_pairs(std::string_view text) {
  std::map<std::string, std::string> out;
  while (!text.empty()) {
    const size_t start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    if (const size_t equals = word.find('='); equals != std::string_view::npos)
      out[std::string(word.substr(0, equals))] = word.substr(equals + 1);
  }
  return out;
}

}  // namespace

std::optional<TraceLine> parse_trace_line(std::string_view text) {
  // "  task-12      [000] d..1.    12.345678: event: key=value …"; the task's name may hold anything, so
  // count from the "] ".
  const size_t cpu = text.find("] ");
  if (cpu == std::string_view::npos) return std::nullopt;
  const size_t clock_end = text.find(": ", cpu);
  if (clock_end == std::string_view::npos) return std::nullopt;
  const size_t clock_start = text.rfind(' ', clock_end) + 1;
  const size_t event_end = text.find(':', clock_end + 2);
  if (event_end == std::string_view::npos) return std::nullopt;
  TraceLine line;
  const std::string_view clock = text.substr(clock_start, clock_end - clock_start);
  const auto [end, error] = std::from_chars(clock.data(), clock.data() + clock.size(), line.guest_seconds);
  if (error != std::errc() || end != clock.data() + clock.size()) return std::nullopt;
  line.event = text.substr(clock_end + 2, event_end - clock_end - 2);
  line.fields = parse_pairs(text.substr(event_end + 1));
  return line;
}

}  // namespace o2lab
