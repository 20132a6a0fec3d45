// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/lock_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

TEST(LockState, AsksForNothingThatCanKillANodeThatHangs) {
  EXPECT_THAT(lock_state_script(), testing::HasSubstr("locking_state"));
  EXPECT_THAT(lock_state_script(), testing::Not(testing::HasSubstr("fs_state")))
      << "a NULL pointer while an umount hangs, before patch 0032";
}

}  // namespace
}  // namespace o2lab
