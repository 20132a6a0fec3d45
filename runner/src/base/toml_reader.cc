// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/toml_reader.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace o2lab {

namespace {

struct Unit {
  const char* name;
  double factor;
};

/// "4 s" with {"ms", 1}, {"s", 1000}: 4000; empty when there is no such number or unit. Exact multiples only.
std::optional<uint64_t> with_unit(std::string_view text, std::initializer_list<Unit> units) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return {};
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return {};
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const Unit& known : units) {
    if (unit != known.name) continue;
    const double value = number * known.factor;
    if (value > 1e18 || std::abs(value - std::round(value)) > 1e-6) return {};
    return static_cast<uint64_t>(std::llround(value));
  }
  return {};
}

std::string type_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "string";
    case toml::node_type::integer:
      return "whole number";
    case toml::node_type::floating_point:
      return "decimal number";
    case toml::node_type::boolean:
      return "boolean";
    case toml::node_type::array:
      return "array";
    case toml::node_type::table:
      return "table";
    default:
      return "date or time";
  }
}

}  // namespace

std::string spell(Duration d) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  if (ms % 60'000 == 0 && ms > 0) return fmt::format("{} min", ms / 60'000);
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

std::string spell_size(uint64_t bytes) {
  const uint64_t mib = bytes >> 20;
  if (mib % (1 << 20) == 0) return fmt::format("{} TiB", mib >> 20);
  return mib % 1024 == 0 ? fmt::format("{} GiB", mib >> 10) : fmt::format("{} MiB", mib);
}

TomlReader::TomlReader(std::string_view text, const fs::path& shown, std::vector<TomlSection> sections,
                       std::string example)
    : file_(shown.native()), sections_(std::move(sections)), example_(std::move(example)) {
  try {
    root_ = toml::parse(text);
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::input, "{}:{}: not TOML: {}", file_, error.source().begin.line, error.description());
  }
}

const TomlSection* TomlReader::section(std::string_view name) const {
  const auto found = std::find_if(sections_.begin(), sections_.end(),
                                  [&](const TomlSection& one) { return one.name == name; });
  return found == sections_.end() ? nullptr : &*found;
}

void TomlReader::refuse_unknown() const {
  const TomlSection* top = section("");
  for (const auto& [key, value] : root_) {
    const auto named = [&](const char* known) { return key.str() == known; };
    if (top != nullptr && std::any_of(top->keys.begin(), top->keys.end(), named)) continue;
    const TomlSection* inside = section(key.str());
    if (inside == nullptr)
      bad(key.source(), std::string(key.str()), "unknown table or key; known are {}", known_names());
    const toml::table* table = value.as_table();
    if (table == nullptr)
      bad(key.source(), inside->name, "is a {}, not a table; write [{}]", type_of(value), inside->name);
    for (const auto& [inner, unused] : *table)
      if (std::find(inside->keys.begin(), inside->keys.end(), inner.str()) == inside->keys.end())
        bad(inner.source(), fmt::format("{}.{}", inside->name, std::string_view(inner.str())),
            "unknown key; [{}] knows {}", inside->name, fmt::join(inside->keys, ", "));
  }
}

void TomlReader::whole_number(const char* path, int64_t& value, int64_t low, int64_t high,
                              const char* hint) const {
  const toml::node* node = find(path);
  if (!node) return;
  const auto number = node->value_exact<int64_t>();
  if (!number) bad(node->source(), path, "is a {}; write a whole number, {}..{}", type_of(*node), low, high);
  if (*number < low || *number > high)
    bad(node->source(), path, "{} is out of range {}..{}{}", *number, low, high, *number < low ? hint : "");
  value = *number;
}

void TomlReader::number(const char* path, double& value, double low, double high) const {
  const toml::node* node = find(path);
  if (!node) return;
  const auto number = node->is_number() ? node->value<double>() : std::nullopt;
  if (!number) bad(node->source(), path, "is a {}; write a number, {}..{}", type_of(*node), low, high);
  if (!(*number >= low && *number <= high))
    bad(node->source(), path, "{} is out of range {}..{}", *number, low, high);
  value = *number;
}

void TomlReader::duration(const char* path, Duration& value, Duration low, Duration high) const {
  const toml::node* node = find(path);
  if (!node) return;
  const std::string text =
      string_with_unit(*node, path, R"(write a time with its unit: "4 s", "400 ms" or "1 min")");
  const auto ms = with_unit(text, {{"ms", 1}, {"s", 1000}, {"min", 60'000}});
  if (!ms)
    bad(node->source(), path,
        "\"{}\" is not a time in whole milliseconds; write \"4 s\", \"400 ms\" or \"1 min\"", text);
  if (*ms < static_cast<uint64_t>(low / 1ms) || *ms > static_cast<uint64_t>(high / 1ms))
    bad(node->source(), path, "\"{}\" is out of range {}..{}", text, spell(low), spell(high));
  value = std::chrono::milliseconds(*ms);
}

void TomlReader::size(const char* path, uint64_t& value, uint64_t low, uint64_t high) const {
  const toml::node* node = find(path);
  if (!node) return;
  const std::string text =
      string_with_unit(*node, path, R"(write a size with its unit: "256 MiB" or "1 GiB")");
  const auto mib = with_unit(text, {{"MiB", 1}, {"GiB", 1024}, {"TiB", 1 << 20}});
  if (!mib)
    bad(node->source(), path, "\"{}\" is not a size in whole MiB; write \"256 MiB\" or \"1 GiB\"", text);
  if (*mib < low >> 20 || *mib > high >> 20)
    bad(node->source(), path, "\"{}\" is out of range {}..{}", text, spell_size(low), spell_size(high));
  value = *mib << 20;
}

void TomlReader::boolean(const char* path, bool& value) const {
  const toml::node* node = find(path);
  if (!node) return;
  const auto truth = node->value_exact<bool>();
  if (!truth) bad(node->source(), path, "is a {}; write true or false", type_of(*node));
  value = *truth;
}

std::optional<std::string> TomlReader::string(const char* path) const {
  const toml::node* node = find(path);
  if (!node) return {};
  const auto text = node->value_exact<std::string>();
  if (!text) bad(node->source(), path, "is a {}; write a string in quotes", type_of(*node));
  return text;
}

void TomlReader::require(const char* path) const {
  if (find(path)) return;
  const std::string_view all(path);
  const toml::node* table = root_.get(all.substr(0, all.find('.')));
  bad(table ? table->source() : toml::source_region{}, path, "is missing; {} shows it", example_);
}

std::string TomlReader::place(const char* path) const {
  const toml::node* node = find(path);
  return place(node ? node->source() : toml::source_region{}, path);
}

void TomlReader::strings(const char* path, std::vector<std::string>& value) const {
  const toml::node* node = find(path);
  if (!node) return;
  const toml::array* array = node->as_array();
  if (array == nullptr) bad(node->source(), path, "is a {}; write a list of strings", type_of(*node));
  value.clear();
  for (const toml::node& one : *array) {
    const auto text = one.value_exact<std::string>();
    if (!text) bad(one.source(), path, "holds a {}; write strings in quotes", type_of(one));
    value.push_back(*text);
  }
}

std::string TomlReader::place(const toml::source_region& at, std::string_view key) const {
  return at.begin.line ? fmt::format("{}:{}: {}", file_, at.begin.line, key)
                       : fmt::format("{}: {}", file_, key);
}

std::string TomlReader::string_with_unit(const toml::node& node, const char* path, const char* remedy) const {
  if (auto text = node.value_exact<std::string>()) return *text;
  if (node.is_number()) bad(node.source(), path, "has no unit; {}", remedy);
  bad(node.source(), path, "is a {}; {}", type_of(node), remedy);
}

std::string TomlReader::known_names() const {
  std::vector<std::string> names;
  for (const TomlSection& one : sections_) {
    if (*one.name != '\0') names.push_back(fmt::format("[{}]", one.name));
    if (*one.name == '\0') names.insert(names.end(), one.keys.begin(), one.keys.end());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace o2lab
