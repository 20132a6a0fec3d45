// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/config_calls.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

TEST(ConfigCalls, QuotesForAShell) {
  EXPECT_EQ(shell_quoted("a b"), "'a b'");
  EXPECT_EQ(shell_quoted("user\n"), "'user\n'");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quoted(""), "''");
}

}  // namespace
}  // namespace o2lab
