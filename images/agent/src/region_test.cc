// SPDX-License-Identifier: GPL-2.0-or-later
#include "region.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failure.h"
#include "test/fake_host.h"

namespace o2member {
namespace {

class RegionTest : public testing::Test {
 protected:
  FakeHost host;
  const ClusterTree tree = ClusterTree::find(host, kRoot, "lab");
  Region region{host, tree, kUuid};
  const std::string path = std::string(kRoot) + "/lab/heartbeat/" + kUuid;
};

TEST_F(RegionTest, LinksThatCannotBeReadAreNotNone) {
  host.link_now({"node1", "node2"});
  for (const std::string& what : {path, path + "/node2"}) {
    host.unreadable = {{what, EMFILE}};
    EXPECT_THROW(region.links(), Failure) << what;
    EXPECT_THROW(region.take_over(), Failure) << what;
  }
  host.unreadable.clear();
  EXPECT_EQ(region.members(), (Names{"node1", "node2"}));
}

TEST_F(RegionTest, AWatchMakesItOrTakesItAsItIs) {
  EXPECT_TRUE(region.take_over().empty());
  EXPECT_TRUE(host.region_exists());
  host.link_now({"node1", "node2"});
  EXPECT_EQ(region.take_over().size(), 2U);
  EXPECT_EQ(host.members(), (Names{"node1", "node2"}));
}

TEST_F(RegionTest, NobodyTakesOverARegionInUseWithoutSeeingItsOwnLink) {
  host.link_now({"node2"});
  host.domains = {kUuid};
  EXPECT_THROW(region.take_over(), Failure);
  EXPECT_EQ(host.members(), Names{"node2"});
}

TEST_F(RegionTest, ANodeWhoseNumberCannotBeReadIsNotNone) {
  host.unreadable = {{std::string(kRoot) + "/lab/node/node2/num", ENOMEM}};
  EXPECT_THROW(ClusterTree::find(host, kRoot, "lab"), Failure);
}

}  // namespace
}  // namespace o2member
