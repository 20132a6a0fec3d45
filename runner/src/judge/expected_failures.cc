// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/expected_failures.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/error.h"
#include "judge/gtest_bridge.h"

namespace o2lab {

namespace {

using Day = ExpectedFailures::Day;

std::string text_of(Day day) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

std::string text_in(const toml::table& table, const char* key, const std::string& place) {
  const toml::node* node = table.get(key);
  const auto value = node == nullptr ? std::optional<std::string>() : node->value_exact<std::string>();
  if (!value || value->find_first_not_of(" \t\n") == std::string::npos)
    fail(ErrorKind::input, "{}: {} = \"...\" is missing", place, key);
  return *value;
}

Day day_in(const toml::table& table, const char* key, const std::string& place) {
  const auto date = table[key].value_exact<toml::date>();
  if (!date) fail(ErrorKind::input, "{}: {} = YYYY-MM-DD is missing (no quotes)", place, key);
  return Day{std::chrono::year(date->year), std::chrono::month(date->month), std::chrono::day(date->day)};
}

void fail_case(CaseResult& result, const std::string& text) {
  if (result.verdict == Verdict::pass) {
    result.came_round = true;
    result.verdict = Verdict::fail;
    result.failure = FailureClass::expectation;
  }
  result.messages.insert(result.messages.begin(), {text, "", 0});
}

}  // namespace

ExpectedFailures::Day today() {
  return Day{std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())};
}

ExpectedFailures::ExpectedFailures(const fs::path& file, const std::vector<std::string>& cases, Day today)
    : today_(today) {
  toml::table root;
  try {
    root = toml::parse(read_file(file), file.native());
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::input, "{}:{}: {}", file.native(), error.source().begin.line, error.description());
  }
  for (const auto& [key, value] : root)
    if (key.str() != "expected" || !value.is_array_of_tables())
      fail(ErrorKind::input, "{}:{}: only [[expected]] tables go here", file.native(),
           value.source().begin.line);
  const toml::array* list = root["expected"].as_array();
  if (list == nullptr) return;
  for (const toml::node& node : *list) {
    const toml::table& table = *node.as_table();
    Entry entry;
    entry.place = fmt::format("{}:{}", file.native(), table.source().begin.line);
    for (const auto& [key, value] : table)
      if (key != "case" && key != "kernel" && key != "reason" && key != "link" && key != "expires")
        fail(ErrorKind::input, "{}: {}: use case, kernel, reason, link, expires", entry.place, key.str());
    entry.pattern = text_in(table, "case", entry.place);
    if (table.contains("kernel")) entry.kernel = text_in(table, "kernel", entry.place);
    entry.reason = text_in(table, "reason", entry.place);
    entry.link = text_in(table, "link", entry.place);
    entry.expires = day_in(table, "expires", entry.place);
    if (std::none_of(cases.begin(), cases.end(),
                     [&](const std::string& name) { return pattern_matches(entry.pattern, name); }))
      fail(ErrorKind::input, "{}: no case is named {}: take the entry out", entry.place, entry.pattern);
    entries_.push_back(std::move(entry));
  }
}

void ExpectedFailures::judge(CaseResult& result) const {
  if (!result.told()) return;
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return pattern_matches(entry.pattern, result.full_name()) &&
           (entry.kernel.empty() || entry.kernel == result.flavour);
  });
  if (at == entries_.end()) return;
  if (at->expires < today_)
    return fail_case(result, fmt::format("{}: expected to fail until {}, which is over: {}", at->place,
                                         text_of(at->expires), at->why()));
  const bool passed = result.verdict == Verdict::pass;
  result.expected = at->why();
  if (passed)
    fail_case(result, fmt::format("{}: passed, though expected to fail: take the entry out: {}", at->place,
                                  at->why()));
}

}  // namespace o2lab
