// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/gtest_flags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/error.h"

namespace o2lab {

namespace {

enum class Value { optional, text, number };

struct Flag {
  std::string_view name;
  Value value;
};

constexpr std::array kFlags{
    Flag{"also_run_disabled_tests", Value::optional},
    Flag{"break_on_failure", Value::optional},
    Flag{"brief", Value::optional},
    Flag{"catch_exceptions", Value::optional},
    Flag{"color", Value::text},
    Flag{"death_test_style", Value::text},
    Flag{"fail_fast", Value::optional},
    Flag{"filter", Value::text},
    Flag{"help", Value::optional},
    Flag{"list_tests", Value::optional},
    Flag{"output", Value::text},
    Flag{"print_time", Value::optional},
    Flag{"print_utf8", Value::optional},
    Flag{"random_seed", Value::number},
    Flag{"recreate_environments_when_repeating", Value::optional},
    Flag{"repeat", Value::number},
    Flag{"shuffle", Value::optional},
    Flag{"stack_trace_depth", Value::number},
    Flag{"stream_result_to", Value::text},
    Flag{"throw_on_failure", Value::optional},
};

std::optional<int32_t> number_in(std::string_view text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

void check_gtest_flag(std::string_view flag) {
  constexpr std::string_view prefix = "--gtest_";
  const size_t equals = flag.find('=');
  const std::string_view name = flag.substr(prefix.size(), equals - prefix.size());
  const auto known =
      std::find_if(kFlags.begin(), kFlags.end(), [&](const Flag& one) { return one.name == name; });
  if (known == kFlags.end())
    fail(ErrorKind::input, "{}: not a flag that GoogleTest knows: see o2lab run --gtest_help", flag);
  if (known->value == Value::optional) return;
  if (equals == std::string_view::npos) fail(ErrorKind::input, "{}: needs a value: {}=VALUE", flag, flag);
  const std::string_view value = flag.substr(equals + 1);
  if (known->value == Value::number && !number_in(value))
    fail(ErrorKind::input, "{}: \"{}\" is not a whole number", flag.substr(0, equals), value);
  if (name == "output" && value.substr(0, 3) != "xml" && value.substr(0, 4) != "json")
    fail(ErrorKind::input, "{}: \"{}\" is neither xml nor json: write xml:FILE or json:FILE",
         flag.substr(0, equals), value);
}

Shard gtest_shard() {
  const char* total = std::getenv("GTEST_TOTAL_SHARDS");
  const char* index = std::getenv("GTEST_SHARD_INDEX");
  if (total == nullptr && index == nullptr) return {};
  if (total == nullptr || index == nullptr)
    fail(ErrorKind::input, "{} is set and {} is not: set both or none",
         total != nullptr ? "GTEST_TOTAL_SHARDS" : "GTEST_SHARD_INDEX",
         total != nullptr ? "GTEST_SHARD_INDEX" : "GTEST_TOTAL_SHARDS");
  const auto shards = number_in(total);
  const auto shard = number_in(index);
  if (!shards || *shards < 1)
    fail(ErrorKind::input, "GTEST_TOTAL_SHARDS=\"{}\": not a whole number from 1 on", total);
  if (!shard || *shard < 0 || *shard >= *shards)
    fail(ErrorKind::input, "GTEST_SHARD_INDEX=\"{}\": not a whole number from 0 to {}", index, *shards - 1);
  return {*shard, *shards};
}

}  // namespace o2lab
