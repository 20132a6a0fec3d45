// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/gtest_flags.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/error.h"

namespace o2lab {
namespace {

TEST(GtestFlags, TakesWhatGoogleTestTakes) {
  for (const char* flag : {"--gtest_filter=A.*:-B.*", "--gtest_shuffle", "--gtest_shuffle=1",
                           "--gtest_repeat=-1", "--gtest_output=xml:out.xml", "--gtest_list_tests"})
    EXPECT_NO_THROW(check_gtest_flag(flag)) << flag;
}

TEST(GtestFlags, RefusesTheRest) {
  for (const char* flag : {"--gtest_", "--gtest_filters=A", "--gtest_filter", "--gtest_repeat=",
                           "--gtest_repeat=2x", "--gtest_repeat=99999999999", "--gtest_output=yaml"}) {
    try {
      check_gtest_flag(flag);
      ADD_FAILURE() << flag << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input) << flag;
    }
  }
}

class GtestShards : public testing::Test {
 protected:
  static void set(const char* total, const char* index) {
    put("GTEST_TOTAL_SHARDS", total);
    put("GTEST_SHARD_INDEX", index);
  }
  static void put(const char* name, const char* value) {
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  void TearDown() override { set(nullptr, nullptr); }
};

TEST_F(GtestShards, TakesNoneAndWhatNamesAShard) {
  set(nullptr, nullptr);
  EXPECT_EQ(gtest_shard(), Shard{});
  set("2", "1");
  EXPECT_EQ(gtest_shard(), (Shard{1, 2}));
}

TEST_F(GtestShards, RefusesWhatNamesNoShard) {
  const char* const bad[][2] = {{"2", nullptr}, {nullptr, "0"}, {"2", "2"}, {"2", "-1"},
                                {"0", "0"},     {"two", "0"},   {"2", ""}};
  for (const auto& [total, index] : bad) {
    set(total, index);
    EXPECT_THROW(gtest_shard(), Error)
        << (total == nullptr ? "unset" : total) << " " << (index == nullptr ? "unset" : index);
  }
}

}  // namespace
}  // namespace o2lab
