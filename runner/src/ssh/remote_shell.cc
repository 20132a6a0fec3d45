// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh/remote_shell.h"

#include "base/error.h"

namespace o2lab {

namespace {

std::string on_one_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  std::string out;
  for (const char c : text) {
    if (c == '\n')
      out += " | ";
    else if (static_cast<unsigned char>(c) >= 0x20 || c == '\t')
      out += c;
  }
  return out;
}

bool inside_character(char c) {  // a continuation byte of UTF-8
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::string shorten(std::string_view text, size_t limit) {
  std::string line = on_one_line(text);
  if (line.size() <= limit) return line;
  while (limit > 0 && inside_character(line[limit])) --limit;
  return line.substr(0, limit) + "…";
}

std::string shorten_to_end(std::string_view text, size_t limit) {
  // Only the end can be shown, so only the end is looked at: an output may hold many megabytes.
  const bool long_text = text.size() > 4 * limit;
  std::string line = on_one_line(long_text ? text.substr(text.size() - 4 * limit) : text);
  if (line.size() <= limit) return long_text ? "…" + line : line;
  size_t from = line.size() - limit;
  while (from < line.size() && inside_character(line[from])) ++from;
  return "…" + line.substr(from);
}

std::string CommandResult::status_text() const {
  return signal.empty() ? fmt::format("exit {}", exit_status) : "signal " + signal;
}

const CommandResult& CommandResult::check() const {
  if (ok()) return *this;
  fail(ErrorKind::check, "{}: `{}`: {}: {}", node, shorten(command), status_text(),
       err.empty() ? (out.empty() ? "no output" : shorten_to_end(out)) : shorten_to_end(err));
}

}  // namespace o2lab
