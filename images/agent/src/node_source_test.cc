// SPDX-License-Identifier: GPL-2.0-or-later
#include "node_source.h"

#include <corosync/corotypes.h>
#include <gtest/gtest.h>

#include "failure.h"

namespace o2member {
namespace {

TEST(NodeSourceTest, OnlyAKeyThatDoesNotExistEndsTheList) {
  EXPECT_TRUE(is_there(CS_OK, "nodelist.node.1.nodeid"));
  EXPECT_FALSE(is_there(CS_ERR_NOT_EXIST, "nodelist.node.1.nodeid"));
  for (const cs_error_t error : {CS_ERR_TRY_AGAIN, CS_ERR_LIBRARY, CS_ERR_NO_MEMORY, CS_ERR_TIMEOUT})
    EXPECT_THROW(is_there(error, "nodelist.node.1.nodeid"), Failure) << error;
}

}  // namespace
}  // namespace o2member
