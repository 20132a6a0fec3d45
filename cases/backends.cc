// SPDX-License-Identifier: GPL-2.0-or-later
// Heartbeat backends: who is registered, and that the one in use stays.
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

constexpr const char* kMode = o2cb_script::kHeartbeatMode;
constexpr const char* kCluster = "/sys/kernel/config/cluster/lab";

/// "disk ocfs2_nodemanager active 0": name, module, whether it is the active one, clusters that use it
/// (debugfs o2hb/backends); "" when it is not registered.
std::string listed(Node& node, const std::string& name) {
  return node.sh(fmt::format("sed -n 's/^{0} .*/&/p' /sys/kernel/debug/o2hb/backends | tr -d '\\n'", name));
}

LAB_CASE(Backends, SecondOneRegisters, Nodes(1), Until(Ready::booted), Part("04"),
         Guards("a further backend registers and is listed beside disk heartbeat, which stays the active one "
                "and counts the cluster that uses it")) {
  Node& node = lab.node(1);
  Probe probe = lab.probe(node);
  EXPECT_EQ(listed(node, "disk"), "disk ocfs2_nodemanager active 0");
  EXPECT_EQ(listed(node, "o2probe"), "");
  ASSERT_EQ(probe.backend("register"), "ok");
  EXPECT_EQ(probe.backend("register"), "EEXIST");
  EXPECT_EQ(listed(node, "o2probe"), "o2probe o2probe - 0");
  EXPECT_EQ(listed(node, "disk"), "disk ocfs2_nodemanager active 0");
  node.sh(fmt::format("mkdir {}", kCluster));
  EXPECT_EQ(listed(node, "disk"), "disk ocfs2_nodemanager active 1");
  EXPECT_EQ(listed(node, "o2probe"), "o2probe o2probe - 0");
  node.sh(
      fmt::format("mkdir {0}/heartbeat/A && [ -f {0}/heartbeat/A/dev ] && rmdir {0}/heartbeat/A", kCluster));
  EXPECT_EQ(probe.backend("unregister"), "ok") << "nobody uses it";
  EXPECT_EQ(listed(node, "o2probe"), "");
  EXPECT_EQ(probe.backend("unregister"), "ENOENT");
  node.sh(fmt::format("rmdir {}", kCluster));
  EXPECT_EQ(listed(node, "disk"), "disk ocfs2_nodemanager active 0");
  lab.step("a module that goes takes its backend along");
  EXPECT_EQ(probe.backend("register"), "ok");
  EXPECT_EQ(probe.unload(), "ok");
  EXPECT_EQ(listed(node, "o2probe"), "");
}

LAB_CASE(Backends, OneInUseCanNeitherGoNorBeLeft, Nodes(1), Until(Ready::booted), Part("09"),
         Guards("the active backend cannot be unregistered and its module not be unloaded; while a cluster "
                "directory exists it cannot be left; regions are made by it and nobody else")) {
  Node& node = lab.node(1);
  Probe probe = lab.probe(node);
  ConfigCalls calls = lab.calls(node);
  EXPECT_EQ(calls.write(kMode, "o2probe"), "EINVAL") << "it is not registered";
  ASSERT_EQ(probe.backend("register"), "ok");
  ASSERT_EQ(calls.write(kMode, "o2probe"), "ok");
  EXPECT_EQ(calls.read(kMode), "o2probe\n");
  EXPECT_EQ(listed(node, "o2probe"), "o2probe o2probe active 0");
  EXPECT_EQ(listed(node, "disk"), "disk ocfs2_nodemanager - 0");
  EXPECT_EQ(probe.backend("unregister"), "EBUSY");
  EXPECT_NE(probe.unload(), "ok");
  EXPECT_EQ(listed(node, "o2probe"), "o2probe o2probe active 0");
  lab.step("with a cluster");
  ASSERT_EQ(calls.mkdir(kCluster), "ok");
  EXPECT_EQ(listed(node, "o2probe"), "o2probe o2probe active 1");
  EXPECT_EQ(calls.write(kMode, "disk"), "EBUSY");
  EXPECT_EQ(calls.read(kMode), "o2probe\n");
  EXPECT_EQ(probe.backend("unregister"), "EBUSY");
  EXPECT_NE(probe.unload(), "ok");
  EXPECT_EQ(calls.mkdir(std::string(kCluster) + "/heartbeat/A"), "EOPNOTSUPP") << "what this backend answers";
  EXPECT_EQ(calls.write(std::string(kCluster) + "/heartbeat/mode", "global"), "EINVAL");
  ASSERT_EQ(calls.rmdir(kCluster), "ok");
  lab.step("and without");
  EXPECT_EQ(listed(node, "o2probe"), "o2probe o2probe active 0");
  EXPECT_EQ(calls.write(kMode, "disk"), "ok");
  EXPECT_EQ(listed(node, "o2probe"), "o2probe o2probe - 0");
  EXPECT_EQ(probe.unload(), "ok");
  EXPECT_EQ(listed(node, "o2probe"), "");
  EXPECT_EQ(listed(node, "disk"), "disk ocfs2_nodemanager active 0");
}

}  // namespace
}  // namespace o2lab
