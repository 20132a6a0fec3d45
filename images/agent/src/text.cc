// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"

#include <charconv>

namespace o2member {

namespace {

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  size_t at = 0;
  while ((at = text.find_first_not_of(separators, at)) != std::string_view::npos) {
    const size_t end = std::min(text.find_first_of(separators, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return parts;
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  return split(text, " \t\r\n");
}

Names names_of(std::string_view text) {
  Names names;
  for (std::string& word : words_of(text)) names.insert(std::move(word));
  return names;
}

std::vector<std::string> lines_of(std::string_view text) {
  return split(text, "\n");
}

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::string joined(const Names& names, std::string_view separator) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += separator;
    text += name;
  }
  return text;
}

Names minus(const Names& all, const Names& without) {
  Names rest;
  for (const std::string& name : all)
    if (!without.contains(name)) rest.insert(name);
  return rest;
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool is_within(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

long number_of(std::string_view text, long limit) {
  long value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 && value <= limit ? value
                                                                                                  : -1;
}

}  // namespace o2member
