// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/o2cb_script.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab::o2cb_script {
namespace {

using testing::HasSubstr;

TEST(O2cbScript, ConfiguresEveryNodeAndMakesItselfLocalLast) {
  const std::string script = configure(Topology(), 3, 2);
  for (const char* node : {"node1", "node2", "node3"})
    EXPECT_THAT(script, HasSubstr(fmt::format("/node/{}/num", node)));
  EXPECT_THAT(script, HasSubstr("set_to /sys/kernel/config/cluster/lab/node/node2/local 1\n"));
  EXPECT_GT(script.find("node2/local"), script.find("node3/num"));
}

TEST(O2cbScript, KeepaliveLeavesRoomBeforeIdleIsSet) {
  Topology topology;
  topology.idle_timeout = 600ms;
  topology.keepalive_delay = 200ms;
  const std::string script = configure(topology, 1, 1);
  const size_t low = script.find("keepalive_delay_ms 50\n");
  const size_t idle = script.find("idle_timeout_ms 600\n");
  const size_t wanted = script.find("keepalive_delay_ms 200\n");
  ASSERT_NE(low, std::string::npos);
  EXPECT_LT(low, idle);
  EXPECT_LT(idle, wanted);
}

TEST(O2cbScript, EveryValueIsReadBack) {
  const std::string script = configure(Topology(), 1, 1);
  EXPECT_THAT(script, HasSubstr("reads $now after $2 was written"));
  EXPECT_EQ(script.find("echo 4 >"), std::string::npos) << "a value goes around set_to";
}

TEST(O2cbScript, VolumesHaveTheirOwnDeviceAndMountPoint) {
  EXPECT_EQ(device(0), "/dev/shared0");
  EXPECT_EQ(mount_point(0), "/mnt");
  EXPECT_EQ(mount_point(1), "/mnt1");
  EXPECT_THAT(mkfs(Topology(), 1), HasSubstr("/dev/shared1"));
}

}  // namespace
}  // namespace o2lab::o2cb_script
