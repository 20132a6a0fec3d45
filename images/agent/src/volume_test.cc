// SPDX-License-Identifier: GPL-2.0-or-later
#include "volume.h"

#include "test/agent_fixture.h"

namespace o2member {
namespace {

TEST(VolumeRead, UuidIsCapitalHexadecimal) {
  FakeHost host;
  const auto volume = Volume::read(host, "/dev/shared0");
  ASSERT_TRUE(volume);
  EXPECT_EQ(volume->uuid, kUuid);
  EXPECT_EQ(volume->cluster, "lab");
}

TEST(VolumeRead, AnOldSuperblockOfAnotherBlockSizeIsNotTaken) {
  FakeHost host;
  host.superblocks["/dev/shared0"] = Superblock{.block_bits = 9}.bytes();
  EXPECT_FALSE(Volume::read(host, "/dev/shared0"));
  host.superblocks["/dev/shared0"] = std::string(512, '\0');
  EXPECT_FALSE(Volume::read(host, "/dev/shared0"));
}

TEST(VolumeRead, AClusterNameMayFillItsField) {
  FakeHost host;
  host.superblocks["/dev/shared0"] = Superblock{.cluster = "sixteencharsname"}.bytes();
  EXPECT_EQ(Volume::read(host, "/dev/shared0")->cluster, "sixteencharsname");
}

}  // namespace
}  // namespace o2member
