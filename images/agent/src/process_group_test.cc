// SPDX-License-Identifier: GPL-2.0-or-later
#include "process_group.h"

#include <gtest/gtest.h>

#include "test/fake_host.h"

namespace o2member {
namespace {

TEST(ProcessGroupTest, CorosyncIsAskedAgainWhileItIsBusyAndNotForEver) {
  FakeHost host;
  int asked = 0;
  const auto third = [&] { return ++asked < 3 ? CS_ERR_TRY_AGAIN : CS_OK; };
  EXPECT_EQ(insist(host, Milliseconds(1000), third), CS_OK);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(insist(host, Milliseconds(1000), [] { return CS_ERR_TRY_AGAIN; }), CS_ERR_TRY_AGAIN);
  EXPECT_EQ(insist(host, Milliseconds(1000), [] { return CS_ERR_LIBRARY; }), CS_ERR_LIBRARY);
}

}  // namespace
}  // namespace o2member
