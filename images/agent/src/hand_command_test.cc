// SPDX-License-Identifier: GPL-2.0-or-later
#include "hand_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2member {
namespace {

using testing::ElementsAre;

// As mount(8) and umount(8) 2.38 call their helpers.
TEST(MountArguments, AreReadAsMountWritesThem) {
  const auto request = mount_request({"/dev/sda", "/mnt", "-v", "-o", "rw,noatime"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->device, "/dev/sda");
  EXPECT_EQ(request->directory, "/mnt");
  EXPECT_THAT(request->options, ElementsAre("rw", "noatime"));
  EXPECT_TRUE(request->verbose);
  EXPECT_FALSE(request->fake);
  const auto other = mount_request({"-fn", "-oro", "--", "/dev/sda", "/mnt"});
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->fake);
  EXPECT_THAT(other->options, ElementsAre("ro"));
  EXPECT_TRUE(mount_request({"/dev/sda", "/mnt", "-N", "7", "-t", "o2member.x", "-s"})->other_namespace);
}

TEST(MountArguments, WrongOnesAreNone) {
  EXPECT_FALSE(mount_request({"/dev/sda"}));
  EXPECT_FALSE(mount_request({"/dev/sda", "/mnt", "/srv"}));
  EXPECT_FALSE(mount_request({"/dev/sda", "/mnt", "-o"}));
  EXPECT_FALSE(mount_request({"/dev/sda", "/mnt", "-q"}));
}

TEST(UmountArguments, AreReadAsUmountWritesThem) {
  const auto request = umount_request({"/mnt", "-n", "-l", "-f", "-v", "-r"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->target, "/mnt");
  EXPECT_TRUE(request->force && request->lazy && request->verbose && request->read_only);
  EXPECT_FALSE(umount_request({"-f"}));
  EXPECT_FALSE(umount_request({"/mnt", "-o", "x"}));
}

}  // namespace
}  // namespace o2member
