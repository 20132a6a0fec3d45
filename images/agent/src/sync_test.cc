// SPDX-License-Identifier: GPL-2.0-or-later
#include "sync.h"

#include <cerrno>

#include "cluster_tree.h"
#include "failure.h"
#include "test/agent_fixture.h"

namespace o2member {
namespace {

using testing::HasSubstr;

class SyncTest : public testing::Test {
 protected:
  FakeHost host{Names{"a", "b"}, "a"};  // a is 1 at 10.77.0.1, b is 2
  SyncOptions options;
  ClusterNodes wanted{.cluster = "lab", .nodes = {{"a", 1, "10.77.0.1"}, {"b", 2, "b.example"}}, .own = 1};

  // What went wrong, or "".
  std::string sync() {
    host.calls.clear();
    try {
      Sync(host, options, [](const std::string& name) {
        return name == "b.example" ? "10.77.0.2" : name;
      }).run(wanted);
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "";
  }
  std::string node(const std::string& name) {
    const std::string dir = std::string(kRoot) + "/lab/node/" + name;
    if (!host.is_directory(dir)) return "none";
    std::string text;
    for (const char* attribute : {"num", "ipv4_address", "ipv4_port", "local"})
      text += trimmed(*host.read(dir + "/" + attribute)) + " ";
    return text;
  }
  void TearDown() override { EXPECT_THAT(host.strays, testing::IsEmpty()); }
};

TEST_F(SyncTest, WhatIsInStepIsLeftAlone) {
  EXPECT_EQ(sync(), "");
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(SyncTest, OneAtATimeFillsConfigfs) {
  host.locks = {"sync"};
  wanted.nodes.push_back({"c", 7, "10.77.0.7"});
  EXPECT_THAT(sync(), HasSubstr("another o2member"));
  EXPECT_EQ(host.calls_text(), "");
  host.locks.clear();
  std::multiset<std::string> held;
  Sync(host, options, [&](const std::string& name) {
    held = host.held;
    return name == "b.example" ? "10.77.0.2" : name;
  }).run(wanted);
  EXPECT_EQ(held, std::multiset<std::string>{"sync"}) << "while the tree is filled";
  EXPECT_TRUE(host.held.empty());
}

TEST_F(SyncTest, ANewClusterIsFilled) {
  FakeHost bare{Names{}, "a"};
  bare.forget_cluster("lab");
  bare.files["/sys/fs/o2cb/heartbeat_mode"] = "disk\n";
  Sync(bare, options, [](const std::string&) { return "10.77.0.9"; }).run(wanted);
  EXPECT_EQ(
      bare.calls_text(),
      "set o2cb/heartbeat_mode user, mkdir lab, mkdir a, set a/ipv4_port 7777, set a/ipv4_address 10.77.0.9, "
      "set a/num 1, set a/local 1, mkdir b, set b/ipv4_port 7777, set b/ipv4_address 10.77.0.9, set b/num 2");
}

TEST_F(SyncTest, ANodeThatIsAddedGetsItsOwnNumber) {
  wanted.nodes.push_back({"c", 7, "10.77.0.7"});
  options.port = 7777;
  EXPECT_EQ(sync(), "");
  EXPECT_EQ(node("c"), "7 10.77.0.7 7777 0 ");
  EXPECT_EQ(node("b"), "2 10.77.0.2 7777 0 ");
}

TEST_F(SyncTest, WhoHasLeftIsKeptWhileThereIsARegion) {
  host.link_now({"a"});
  wanted.nodes.pop_back();
  EXPECT_EQ(sync(), "");
  EXPECT_EQ(node("b"), "2 10.77.0.2 7777 0 ");
  wanted.nodes.push_back({"c", 2, "10.77.0.3"});
  EXPECT_THAT(sync(), HasSubstr("not in step with corosync: c"));
  EXPECT_EQ(node("c"), "none") << "number 2 is b's as long as a volume may be mounted";
  ASSERT_EQ(host.remove_file(std::string(kRoot) + "/lab/heartbeat/" + kUuid + "/a"), 0);
  ASSERT_EQ(host.remove_directory(std::string(kRoot) + "/lab/heartbeat/" + kUuid), 0);
  EXPECT_EQ(sync(), "");
  EXPECT_EQ(node("b"), "none");
  EXPECT_EQ(node("c"), "2 10.77.0.3 7777 0 ");
}

TEST_F(SyncTest, NumbersAndAddressesDoNotChangeUnderAVolume) {
  host.link_now({"a"});
  wanted.nodes[1] = {"b", 5, "10.77.0.5"};
  EXPECT_THAT(sync(), HasSubstr("not in step with corosync: b"));
  EXPECT_THAT(host.said_text(),
              HasSubstr("b has number 2 and address 10.77.0.2:7777, and corosync says 5 and 10.77.0.5"));
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(SyncTest, TheyChangeWhereNothingIsMounted) {
  wanted.nodes[1] = {"b", 5, "10.77.0.5"};
  EXPECT_EQ(sync(), "");
  EXPECT_EQ(node("b"), "5 10.77.0.5 7777 0 ");
}

TEST_F(SyncTest, OneNodeThatFailsKeepsNoOtherBack) {
  wanted.nodes = {{"a", 1, "10.77.0.1"}, {"b", 2, "10.77.0.2"}, {"c", 3, ""}, {"d", 4, "10.77.0.4"}};
  host.refuse = {{"set d/num 4", EIO}};
  EXPECT_EQ(sync(), "not in step with corosync: c d");
  EXPECT_THAT(host.said_text(), HasSubstr("c: no address on link 0"));
  EXPECT_EQ(node("d"), "none") << "half a node is none";
}

TEST_F(SyncTest, WhatCannotBeIsRefusedBeforeAnythingChanges) {
  wanted.nodes.push_back({"c", 255, "10.77.0.3"});
  EXPECT_THAT(sync(), HasSubstr("nodeid 255"));
  wanted.nodes[2] = {"", 3, "10.77.0.3"};
  EXPECT_THAT(sync(), HasSubstr("node 3 needs a name"));
  wanted.nodes.pop_back();
  wanted.own = 9;
  EXPECT_THAT(sync(), HasSubstr("none of corosync's nodes"));
  wanted.own = 1;
  wanted.cluster = "";
  EXPECT_THAT(sync(), HasSubstr("totem.cluster_name"));
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(SyncTest, AClusterOfAnotherNameIsSeen) {
  wanted.cluster = "other";
  EXPECT_THAT(sync(), HasSubstr("ENOSPC"));
  EXPECT_THAT(sync(), HasSubstr("there is: lab"));
  options.cluster = "lab";
  EXPECT_EQ(sync(), "");
}

TEST_F(SyncTest, DiskHeartbeatInUseIsNotTouched) {
  host.files["/sys/fs/o2cb/heartbeat_mode"] = "disk\n";
  EXPECT_THAT(sync(), HasSubstr("is disk and cannot be changed"));
}

TEST_F(SyncTest, TheModulesAreLoadedWhereTheyAreMissing) {
  FakeHost bare{Names{}, "a"};
  bare.forget_cluster("lab");
  bare.forget_directory(kRoot);
  bare.answers["mount"] = {32, ""};
  EXPECT_THROW(Sync(bare, options).run(wanted), Failure);
  EXPECT_EQ(bare.calls_text(),
            "modprobe -a ocfs2_nodemanager ocfs2_dlm ocfs2_stackglue ocfs2_stack_o2cb ocfs2, "
            "mount -t configfs none /sys/kernel/config");
}

class SyncAtStart : public AgentTest {};

TEST_F(SyncAtStart, BringsANewNodeInBeforeItIsLinked) {
  int synced = 0;
  const auto add = [&] {
    ++synced;
    host.add_cluster("lab", {"node1", "node2", "node3", "node10", "node4"}, "node1");
  };
  lists("node4", "node1", " ");
  EXPECT_EQ(Agent(host, manager, environment, add).run("start"), Ocf::success) << host.said_text();
  EXPECT_EQ(host.members(), (Names{"node1", "node4"}));
  for (const std::string action : {"monitor", "stop"}) Agent(host, manager, environment, add).run(action);
  EXPECT_EQ(synced, 1) << "only where somebody may come in";
}

TEST_F(SyncAtStart, AFailureOfItIsSaidAndWhatIsThereIsUsed) {
  const auto fail = [] { throw Failure(Ocf::generic, "corosync does not answer"); };
  lists("node2", "node1", " ");
  EXPECT_EQ(Agent(host, manager, environment, fail).run("start"), Ocf::success);
  EXPECT_THAT(host.said_text(), HasSubstr("corosync does not answer"));
  meta("notify_type", "pre");
  meta("notify_operation", "start");
  lists("node1 node2", "node3", " ");
  EXPECT_EQ(Agent(host, manager, environment, fail).run("notify"), Ocf::success);
  EXPECT_EQ(host.members(), (Names{"node1", "node2", "node3"}));
}

}  // namespace
}  // namespace o2member
