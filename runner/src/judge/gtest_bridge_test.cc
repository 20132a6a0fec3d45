// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/gtest_bridge.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

TEST(Pattern, MatchesAsGoogleTestFiltersDo) {
  EXPECT_TRUE(pattern_matches("Fencing.*", "Fencing.HungDisk"));
  EXPECT_TRUE(pattern_matches("*Hung*", "Fencing.HungDisk"));
  EXPECT_TRUE(pattern_matches("Fencing.HungDis?", "Fencing.HungDisk"));
  EXPECT_TRUE(pattern_matches("Fencing.HungDisk", "Fencing.HungDisk"));
  EXPECT_FALSE(pattern_matches("Fencing", "Fencing.HungDisk"));
  EXPECT_FALSE(pattern_matches("fencing.*", "Fencing.HungDisk"));
  EXPECT_FALSE(pattern_matches("", "Fencing.HungDisk"));
}

}  // namespace
}  // namespace o2lab
