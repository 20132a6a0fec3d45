// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/o2cb_script.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab::o2cb_script {
namespace {

using testing::HasSubstr;
using testing::Not;

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

TEST(O2cbScript, TracesUnlessToldNotTo) {
  EXPECT_THAT(configure(Topology(), 3, 1), HasSubstr("/events/o2cb/enable"));
  EXPECT_THAT(configure(Topology(), 3, 1, false), Not(HasSubstr("tracing")));
}

TEST(O2cbScript, UserModeIsSetBeforeTheClusterIsThere) {
  Topology topology;
  EXPECT_EQ(configure(topology, 1, 1).find(kHeartbeatMode), std::string::npos);
  topology.heartbeat_mode = HeartbeatMode::user;
  const std::string script = configure(topology, 1, 1);
  EXPECT_LT(script.find("set_to /sys/fs/o2cb/heartbeat_mode user\n"),
            script.find("mkdir /sys/kernel/config/cluster/lab\n"));
}

TEST(O2cbScript, OwnLinkComesLastAndGoesFirst) {
  const std::string make = make_region(Topology(), "AB", 3, 2);
  const size_t own = make.find("/heartbeat/AB/node2\n");
  EXPECT_NE(own, std::string::npos);
  for (const char* peer : {"/heartbeat/AB/node1\n", "/heartbeat/AB/node3\n"}) EXPECT_LT(make.find(peer), own);
  const std::string remove = remove_region(Topology(), "AB", 2);
  EXPECT_LT(remove.find("rm node2\n"), remove.find("-type l"));
}

TEST(O2cbScript, UnconfigureTakesEveryNodeThatIsThere) {
  const std::string script = unconfigure(Topology());
  const std::string cluster = "/sys/kernel/config/cluster/lab";
  const size_t nodes = script.find(fmt::format("find {0}/heartbeat {0}/node -mindepth 1", cluster));
  ASSERT_NE(nodes, std::string::npos) << script;
  EXPECT_LT(script.find("-type l -exec rm"), nodes);
  EXPECT_LT(nodes, script.find("rmdir " + cluster + "\n"));
  EXPECT_EQ(script.find("node1"), std::string::npos);
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
