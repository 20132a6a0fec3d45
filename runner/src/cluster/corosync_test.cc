// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/corosync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

using testing::HasSubstr;

TEST(Corosync, KnowsEveryNodeByNumberNameAndAddress) {
  const std::string text = stack_config::corosync(Topology{}, 3, 10s);
  EXPECT_THAT(text, HasSubstr("token: 10000\n"));
  EXPECT_THAT(text, HasSubstr("cluster_name: lab\n"));
  EXPECT_THAT(text, HasSubstr("name: node3\n    nodeid: 3\n    ring0_addr: 10.77.0.3\n"));
  EXPECT_EQ(text.find("nodeid: 4"), std::string::npos);
}

TEST(Corosync, OnlyOfTwoNodesEachHasQuorumAlone) {
  EXPECT_THAT(stack_config::corosync(Topology{}, 2, 10s), HasSubstr("two_node: 1\n"));
  EXPECT_EQ(stack_config::corosync(Topology{}, 3, 10s).find("two_node"), std::string::npos);
}

TEST(Corosync, ADeathIsKnownAfterTokenAndConsensusOfSoManyNodes) {
  EXPECT_EQ(Corosync::detected_latest(2), 22s);
  EXPECT_EQ(Corosync::detected_latest(3), 23'430ms);
}

}  // namespace
}  // namespace o2lab
