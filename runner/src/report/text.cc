// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace o2lab {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct Decoded {
  uint32_t code = 0;
  size_t length = 0;  ///< 0: not UTF-8
};

/// The character at the start of `s` (not empty), overlong forms and surrogates refused (RFC 3629).
Decoded decode(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(s[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || s.size() < length) return {};
  uint32_t code = first & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  const uint32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, length};
}

bool allowed_in_xml(uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n';
  return code != 0x7F && code != 0xFFFE && code != 0xFFFF;
}

}  // namespace

std::string strip_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') continue;
    if (text[i] != '\x1b') {
      out += text[i];
      continue;
    }
    if (i + 1 >= text.size()) break;
    const char type = text[++i];
    if (type == '[') {
      while (i + 1 < text.size() && !(text[i + 1] >= '@' && text[i + 1] <= '~')) ++i;
      ++i;
    } else if (type == ']') {
      while (i + 1 < text.size() && text[i + 1] != '\a' && text[i + 1] != '\x1b' && text[i + 1] != '\n') ++i;
      if (i + 1 < text.size() && text[i + 1] == '\a') ++i;
    }
  }
  return out;
}

std::string xml_chars(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded c = decode(text);
    if (c.length == 0) {
      out += replacement;
    } else if (allowed_in_xml(c.code)) {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(std::max<size_t>(c.length, 1));
  }
  return out;
}

std::string html(std::string_view text) {
  std::string out;
  for (const char c : xml_chars(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string href(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  // Two slashes at the start would name a host.
  const size_t slashes = out.find_first_not_of('/');
  return slashes == std::string::npos || slashes < 2 ? out : out.substr(slashes - 1);
}

std::string one_line(std::string_view text, size_t limit) {
  std::string out = xml_chars(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  std::replace(out.begin(), out.end(), '\t', ' ');
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.size() <= limit) return out;
  size_t cut = limit < 3 ? 0 : limit - 3;
  while (cut > 0 && (static_cast<uint8_t>(out[cut]) & 0xC0) == 0x80) --cut;
  return out.substr(0, cut) + "...";
}

std::string full_reason(const CaseResult& result) {
  if (result.messages.empty()) return result.reason();
  const std::string& text = result.messages.front().text;
  return result.failure == FailureClass::none ? text : fmt::format("{}: {}", name_of(result.failure), text);
}

std::string first_line(const Finding& report) {
  return report.text.substr(0, report.text.find('\n'));
}

std::string head(std::string_view text, size_t lines) {
  size_t at = 0;
  while (lines-- > 0) {
    const size_t newline = text.find('\n', at);
    if (newline == std::string_view::npos) return std::string(text);
    at = newline + 1;
  }
  return std::string(text.substr(0, at));
}

std::string tail(std::string_view text, size_t lines) {
  size_t at = text.ends_with('\n') ? text.size() - 1 : text.size();
  while (lines-- > 0) {
    const size_t newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    if (newline == std::string_view::npos) return std::string(text);
    at = newline;
  }
  return std::string(text.substr(at + 1));
}

std::string bounds_of(const Interval& i) {
  if (i.lower && i.upper && *i.lower > Duration::zero())
    return fmt::format("{} to {}", human(*i.lower), human(*i.upper));
  if (i.upper) return "at most " + human(*i.upper);
  if (i.lower) return "at least " + human(*i.lower);
  return "not bounded";
}

std::string host_of(const RunResult& run) {
  const auto name = run.host.find("name");
  return name == run.host.end() ? "" : name->second;
}

}  // namespace o2lab
