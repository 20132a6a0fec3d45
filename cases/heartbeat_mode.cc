// SPDX-License-Identifier: GPL-2.0-or-later
// /sys/fs/o2cb/heartbeat_mode: where membership comes from, and when that may be changed.
#include <gtest/gtest.h>

#include "cluster/o2cb_script.h"
#include "judge/lab.h"

namespace o2lab {
namespace {

constexpr const char* kMode = o2cb_script::kHeartbeatMode;
constexpr const char* kClusters = "/sys/kernel/config/cluster";

ConfigCalls with_modules(Lab& lab) {
  lab.node(1).sh("modprobe -a ocfs2_nodemanager ocfs2_stack_o2cb ocfs2");
  return lab.calls(lab.node(1));
}

LAB_CASE(HeartbeatMode, IsDiskUntilItIsSetAndReadsAsOneWord, Nodes(1), Until(Ready::booted), Part("10"),
         Guards("a kernel nobody told otherwise is in disk mode, and both words are taken with and without a "
                "line end, by either path")) {
  ConfigCalls calls = with_modules(lab);
  EXPECT_EQ(calls.read(kMode), "disk\n");
  for (const std::string path : {kMode, "/sys/o2cb/heartbeat_mode"}) {
    for (const std::string end : {"", "\n"}) {
      for (const std::string word : {"user", "disk", "disk"}) {
        EXPECT_EQ(calls.write(path, word + end), "ok") << path << " " << word;
        EXPECT_EQ(calls.read(kMode), word + "\n");
        EXPECT_EQ(calls.read("/sys/o2cb/heartbeat_mode"), word + "\n");
      }
    }
  }
}

LAB_CASE(
    HeartbeatMode, DiskIsThereWhateverElseIs, Nodes(1), Until(Ready::booted), Part("09"),
    Guards("heartbeat_mode reads disk by either path, takes that word, refuses what is none and is fixed "
           "while a cluster directory exists, whichever other modes the kernel has")) {
  ConfigCalls calls = with_modules(lab);
  const std::string cluster = std::string(kClusters) + "/lab";
  for (const std::string path : {kMode, "/sys/o2cb/heartbeat_mode"}) {
    EXPECT_EQ(calls.read(path), "disk\n");
    for (const char* word : {"disk", "disk\n"}) EXPECT_EQ(calls.write(path, word), "ok") << path;
    for (const char* word : {"\n", "d", "dis", "disks", "disk\n\n", "DISK", "nothing"})
      EXPECT_EQ(calls.write(path, word), "EINVAL") << path << ": \"" << word << "\"";
    EXPECT_EQ(calls.read(path), "disk\n");
  }
  ASSERT_EQ(calls.mkdir(cluster), "ok");
  EXPECT_EQ(calls.write(kMode, "disk"), "EBUSY");
  EXPECT_EQ(calls.read(kMode), "disk\n");
  EXPECT_EQ(calls.rmdir(cluster), "ok");
  EXPECT_EQ(calls.write(kMode, "disk"), "ok");
}

LAB_CASE(
    HeartbeatMode, RefusesEveryOtherWord, Nodes(1), Until(Ready::booted), Part("10"),
    Guards("anything but one of the two words, a prefix of one included, is EINVAL and changes nothing")) {
  ConfigCalls calls = with_modules(lab);
  for (const std::string mode : {"user", "disk"}) {
    ASSERT_EQ(calls.write(kMode, mode), "ok");
    for (const std::string word :
         {"\n",       "\n\n",    " ",         "u",         "use",   "users",  "user ", " user",
          "user\n\n", "user\nx", "USER",      "User",      "d",     "dis",    "disks", "disk\n\n",
          "\ndisk",   "DISK",    "disk user", "user,disk", "local", "global", "0",     "1"}) {
      EXPECT_EQ(calls.write(kMode, word), "EINVAL") << mode << ": \"" << word << "\"";
      EXPECT_EQ(calls.read(kMode), mode + "\n") << "\"" << word << "\"";
    }
    EXPECT_EQ(calls.write(kMode, std::string(5000, 'u')), "EINVAL");
    EXPECT_EQ(calls.read(kMode), mode + "\n");
  }
}

LAB_CASE(
    HeartbeatMode, IsFixedWhileAClusterDirectoryExists, Nodes(1), Until(Ready::booted), Part("10"),
    Guards(
        "heartbeat_mode is EBUSY from the cluster's mkdir to its rmdir, for either word, and stays what it "
        "was")) {
  ConfigCalls calls = with_modules(lab);
  const std::string cluster = std::string(kClusters) + "/lab";
  for (const std::string mode : {"disk", "user"}) {
    ASSERT_EQ(calls.write(kMode, mode), "ok");
    ASSERT_EQ(calls.mkdir(cluster), "ok");
    for (const char* word : {"disk", "user", "user\n", "disk\n"}) {
      EXPECT_EQ(calls.write(kMode, word), "EBUSY") << mode;
      EXPECT_EQ(calls.read(kMode), mode + "\n");
    }
    EXPECT_EQ(calls.mkdir(std::string(kClusters) + "/other"), "ENOSPC");
    EXPECT_EQ(calls.write(kMode, "user"), "EBUSY") << "after a mkdir that failed";
    EXPECT_EQ(calls.rmdir(cluster), "ok");
    EXPECT_EQ(calls.write(kMode, mode), "ok") << "a cluster directory that is gone still counts";
  }
}

LAB_CASE(
    HeartbeatMode, ClusterModeFileIsLocalInUserMode, Nodes(1), Until(Ready::booted), Part("10"),
    Guards(
        "in user mode the cluster's own heartbeat/mode reads local, takes local and refuses global, so that "
        "unmodified tools work; disk mode keeps both")) {
  ConfigCalls calls = with_modules(lab);
  const std::string cluster = std::string(kClusters) + "/lab";
  const std::string file = cluster + "/heartbeat/mode";
  ASSERT_EQ(calls.mkdir(cluster), "ok");
  EXPECT_EQ(calls.read(file), "local\n");
  EXPECT_EQ(calls.write(file, "global\n"), "ok");
  EXPECT_EQ(calls.read(file), "global\n");
  lab.step("user mode, after disk mode was left in global");
  ASSERT_EQ(calls.rmdir(cluster), "ok");
  ASSERT_EQ(calls.write(kMode, "user"), "ok");
  ASSERT_EQ(calls.mkdir(cluster), "ok");
  EXPECT_EQ(calls.read(file), "local\n");
  EXPECT_EQ(calls.write(file, "local\n"), "ok");
  EXPECT_EQ(calls.write(file, "local"), "ok");
  for (const char* word : {"global", "global\n", "user", "disk", "elsewhere"}) {
    EXPECT_EQ(calls.write(file, word), "EINVAL") << word;
    EXPECT_EQ(calls.read(file), "local\n") << word;
  }
}

LAB_CASE(
    HeartbeatMode, DecidesWhatARegionIs, Nodes(1), Until(Ready::booted), Part("10"),
    Guards("a region of disk mode has the attributes of a disk and takes no links, one of user mode has no "
           "attributes")) {
  ConfigCalls calls = with_modules(lab);
  const std::string cluster = std::string(kClusters) + "/lab";
  const std::string region = cluster + "/heartbeat/A";
  const std::string node = cluster + "/node/one";
  ASSERT_EQ(calls.mkdir(cluster), "ok");
  ASSERT_EQ(calls.mkdir(region), "ok");
  ASSERT_EQ(calls.mkdir(node), "ok");
  const std::string attributes = calls.list(region);
  for (const char* name : {"block_bytes", "blocks", "dev", "pid", "start_block"})
    EXPECT_NE((" " + attributes + " ").find(fmt::format(" {} ", name)), std::string::npos) << attributes;
  EXPECT_EQ(calls.ln(node, region + "/one"), "EPERM");
  for (const std::string& dir : {region, node, cluster}) ASSERT_EQ(calls.rmdir(dir), "ok");
  ASSERT_EQ(calls.write(kMode, "user"), "ok");
  ASSERT_EQ(calls.mkdir(cluster), "ok");
  ASSERT_EQ(calls.mkdir(region), "ok");
  EXPECT_EQ(calls.list(region), "");
}

}  // namespace
}  // namespace o2lab
