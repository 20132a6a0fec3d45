// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"

namespace o2lab {

/// "4 s", "400 ms", "1 min": what TomlReader::duration() takes.
std::string spell(Duration d);
/// "256 MiB", "1 GiB": what TomlReader::size() takes.
std::string spell_size(uint64_t bytes);

/// A table of a TOML file with the keys that it may have; one without keys is the top of the file.
struct TomlSection {
  const char* name;
  std::vector<const char*> keys;
};

/// A TOML file while it is read. Knows where each key stands, so that everything wrong is one line of kind
/// input: file, line, key, what to write instead. A path is "key" or "table.key"; a value that is not there
/// leaves the variable as it is.
class TomlReader {
 public:
  /// `shown` names the file in messages. `example`: where a whole one can be seen.
  TomlReader(std::string_view text, const fs::path& shown, std::vector<TomlSection> sections,
             std::string example);
  TomlReader(const TomlReader&) = delete;
  TomlReader& operator=(const TomlReader&) = delete;

  /// Throws at the first table or key that is not among the sections.
  void refuse_unknown() const;
  bool has(const char* path) const { return find(path) != nullptr; }

  /// `hint` follows the range when the value is too low, e.g. " (samples of 2 s); use at least 4".
  template <class T>
  void integer(const char* path, T& value, int64_t low, int64_t high, const char* hint = "") const {
    int64_t number = static_cast<int64_t>(value);
    whole_number(path, number, low, high, hint);
    value = static_cast<T>(number);
  }
  void number(const char* path, double& value, double low, double high) const;
  void duration(const char* path, Duration& value, Duration low, Duration high) const;
  void size(const char* path, uint64_t& value, uint64_t low, uint64_t high) const;
  void boolean(const char* path, bool& value) const;
  std::optional<std::string> string(const char* path) const;
  void strings(const char* path, std::vector<std::string>& value) const;
  void require(const char* path) const;

  /// Throws, naming the place of `path` if it is there at all.
  template <class... Args>
  [[noreturn]] void refuse(const char* path, fmt::format_string<Args...> text, Args&&... args) const {
    const toml::node* node = find(path);
    bad(node ? node->source() : toml::source_region{}, path, text, std::forward<Args>(args)...);
  }
  /// "lab/x.toml:7: disk.slots".
  std::string place(const char* path) const;

 private:
  const toml::node* find(const char* path) const { return root_.at_path(path).node(); }
  std::string place(const toml::source_region& at, std::string_view key) const;
  template <class... Args>
  [[noreturn]] void bad(const toml::source_region& at, std::string_view key, fmt::format_string<Args...> text,
                        Args&&... args) const {
    fail(ErrorKind::input, "{}: {}", place(at, key), fmt::format(text, std::forward<Args>(args)...));
  }
  void whole_number(const char* path, int64_t& value, int64_t low, int64_t high, const char* hint) const;
  std::string string_with_unit(const toml::node& node, const char* path, const char* remedy) const;
  std::string known_names() const;
  const TomlSection* section(std::string_view name) const;

  toml::table root_;
  std::string file_;
  std::vector<TomlSection> sections_;
  std::string example_;
};

}  // namespace o2lab
