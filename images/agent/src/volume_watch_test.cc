// SPDX-License-Identifier: GPL-2.0-or-later
#include "volume_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failure.h"
#include "test/fake_host.h"

namespace o2member {
namespace {

/// As far as it goes without corosync. Node "far" is in corosync's list and could not be made in configfs.
class VolumeWatchTest : public testing::Test {
 protected:
  FakeHost host{Names{"node1", "node2"}, "node1"};
  ClusterNodes nodes{
      .cluster = "lab",
      .nodes = {{"node1", 1, "10.77.0.1"}, {"node2", 2, "10.77.0.2"}, {"far", 9, "far.example"}},
      .own = 1};
  SharedFences fences{"test far ="};
  WatchGroup watches{host, [](uint32_t, const Inquiry&) {}};
  VolumeWatch watch{host,    fences,
                    watches, ClusterTree::find(host, kRoot, "lab"),
                    kUuid,   {.lost = Milliseconds(0), .startup = Milliseconds(0)}};
};

TEST_F(VolumeWatchTest, WhoIsNotMadeInConfigfsIsFencedByItsNameInCorosync) {
  watch.prepare_names(nodes);
  EXPECT_EQ(numbers_of(nodes).count(), 3U);
  EXPECT_TRUE(watch.fence(9, 1, {}));
  EXPECT_FALSE(watch.fence(7, 2, {})) << "nobody knows its name";
  EXPECT_FALSE(watch.link(9)) << "and it blocks whoever has to link it";
  EXPECT_TRUE(watch.needs_names());
}

TEST_F(VolumeWatchTest, AListThatCannotBeRightIsRefused) {
  nodes.own = 3;
  EXPECT_THROW(watch.prepare_names(nodes), Failure);
  nodes.own = 1;
  nodes.nodes.push_back({"too-many", 255, ""});
  EXPECT_THROW(watch.prepare_names(nodes), Failure);
  nodes.nodes.clear();
  EXPECT_THROW(watch.prepare_names(nodes), Failure) << "nobody would be doubted";
}

}  // namespace
}  // namespace o2member
