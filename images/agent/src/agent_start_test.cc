// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>

#include "test/agent_fixture.h"

namespace o2member {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class Start : public AgentTest {};

TEST_F(Start, LinksPeersThenItselfThenMounts) {
  lists("node3 node2", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::success) << host.said_text();
  EXPECT_EQ(host.calls_text(), std::string("mkdir ") + kUuid + ", link node2, link node3, link node1, mount");
}

TEST_F(Start, LinksThoseThatStartWithItAndNotThoseThatStop) {
  lists("node2 node3", "node1 node10", "node3");
  EXPECT_EQ(run("start"), Ocf::success);
  EXPECT_EQ(host.members(), (Names{"node1", "node10", "node2"}));
}

TEST_F(Start, WithoutPeersIsItsOwnOnlyMember) {
  lists(" ", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::success);
  EXPECT_EQ(host.members(), Names{"node1"});
  EXPECT_TRUE(host.mounted("/mnt"));
}

TEST_F(Start, IsDoneWhenItIsMounted) {
  started_with({"node2"});
  EXPECT_EQ(run("start"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(Start, DoesNotMountAfterALinkThatFailed) {
  for (const std::string node : {"node2", "node1"}) {
    host.refuse = {{"link " + node, EINVAL}};
    host.calls.clear();
    lists("node2 node3", "node1", " ");
    EXPECT_EQ(run("start"), Ocf::generic);
    EXPECT_THAT(host.calls_text(), testing::Not(HasSubstr("mount"))) << node;
    EXPECT_THAT(host.said_text(), HasSubstr("link " + node));
    EXPECT_FALSE(host.region_exists()) << "what was made is taken back";
  }
}

TEST_F(Start, DoesNotMountWithANodeThatIsNotConfigured) {
  lists("node2 node4", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::installed);
  EXPECT_THAT(host.said_text(), HasSubstr("node node4 is not configured"));
  EXPECT_THAT(host.calls_text(), testing::Not(HasSubstr("mount")));
  EXPECT_FALSE(host.region_exists());
}

TEST_F(Start, TakesMembershipBackWhenTheMountFails) {
  host.answers["mount"] = {1, "mount.ocfs2: Transport endpoint is not connected"};
  lists("node2", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::generic);
  EXPECT_THAT(host.said_text(), HasSubstr("Transport endpoint is not connected"));
  EXPECT_EQ(host.calls_text(),
            std::string("mkdir ") + kUuid +
                ", link node2, link node1, mount -t ocfs2 /dev/shared0 /mnt, unlink node1, unlink "
                "node2, rmdir " +
                kUuid);
}

TEST_F(Start, BelievesTheMountTableAndNotTheExitStatus) {
  host.mount_lies = true;
  lists("node2", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::generic);
  EXPECT_FALSE(host.region_exists());
}

TEST_F(Start, GoesOnFromWhatAKilledAgentHasLeft) {
  host.link_now({"node1", "node3"});
  lists("node2", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "unlink node1, unlink node3, link node2, link node1, mount")
      << "this node is last again, and who has left meanwhile is no member";
}

TEST_F(Start, TakesNobodyAwayFromAVolumeThatIsMountedElsewhereHere) {
  host.link_now({"node1", "node3"});
  host.mount_now("/other");
  lists("node2", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::success) << host.said_text();
  EXPECT_EQ(host.calls_text(), "link node2, mount");
  EXPECT_EQ(host.members(), (Names{"node1", "node2", "node3"}));
}

TEST_F(Start, MakesTheMountPointAndPassesOptions) {
  environment["OCF_RESKEY_directory"] = "/mnt/new/er/";
  environment["OCF_RESKEY_options"] = "noatime,ro";
  lists(" ", "node1", " ");
  host.answers["mount"] = {32, "not now"};
  EXPECT_EQ(run("start"), Ocf::generic);
  EXPECT_THAT(host.calls_text(), HasSubstr("mkdir /mnt/new, mkdir /mnt/new/er, "));
  EXPECT_THAT(host.calls_text(), HasSubstr("mount -t ocfs2 -o noatime,ro /dev/shared0 /mnt/new/er,"));
}

TEST_F(Start, SeveralClustersAreSeen) {
  host.add_cluster("other", {"node1"}, "node1");
  lists(" ", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::configured);
  EXPECT_THAT(host.said_text(), HasSubstr("(lab, other)"));
  EXPECT_EQ(host.calls_text(), "");
  environment["OCF_RESKEY_cluster"] = "lab";
  EXPECT_EQ(run("start"), Ocf::success);
  environment["OCF_RESKEY_cluster"] = "third";
  EXPECT_EQ(run("start"), Ocf::installed);
}

TEST_F(Start, TheClusterIsADirectoryBelowTheRoot) {
  host.files[std::string(kRoot) + "/version"] = "1\n";  // a file there is no cluster
  lists(" ", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::success);
  EXPECT_TRUE(host.region_exists());
}

TEST_F(Start, NeedsToKnowWhichNodeItIs) {
  host.files[std::string(kRoot) + "/lab/node/node1/local"] = "0\n";
  EXPECT_EQ(run("start"), Ocf::installed);
  EXPECT_THAT(host.said_text(), HasSubstr("1 in local"));
}

TEST_F(Start, PacemakersNameOfThisNodeMustBeItsNameInConfigfs) {
  meta("on_node", "node1.example.org");
  EXPECT_EQ(run("start"), Ocf::installed);
  EXPECT_THAT(host.said_text(), HasSubstr("Pacemaker calls this node node1.example.org"));
}

TEST_F(Start, NeedsAKernelThatTakesMembership) {
  host.files["/sys/fs/o2cb/heartbeat_mode"] = "disk\n";
  EXPECT_EQ(run("start"), Ocf::installed);
  host.files.erase("/sys/fs/o2cb/heartbeat_mode");
  EXPECT_EQ(run("start"), Ocf::installed);
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(Start, RefusesWhatSeveralNodesCannotShare) {
  environment["OCF_RESKEY_fstype"] = "ext4";
  EXPECT_EQ(run("start"), Ocf::configured);
  EXPECT_THAT(host.said_text(), HasSubstr("ext4 is not"));
  environment.erase("OCF_RESKEY_fstype");
  for (const Superblock& block : {Superblock{.incompat = 0x4008}, Superblock{.stack = "pcmk"},
                                  Superblock{.incompat = 0x80, .stack = "cman"}, Superblock{.stack_flags = 1},
                                  Superblock{.cluster = "other"}}) {
    host.superblocks["/dev/shared0"] = block.bytes();
    EXPECT_EQ(run("start"), Ocf::configured);
  }
  host.superblocks["/dev/shared0"] = Superblock{.incompat = 0, .stack = "", .cluster = ""}.bytes();
  EXPECT_EQ(run("start"), Ocf::success) << "bound to no cluster at all";
}

TEST_F(Start, RefusesACloneThatDoesNotHearOfItsMembers) {
  meta("notify", "false");
  EXPECT_EQ(run("start"), Ocf::configured);
  EXPECT_THAT(host.said_text(), HasSubstr("notify=true"));
  meta("clone_max", "1");
  EXPECT_EQ(run("start"), Ocf::success) << "alone it needs to hear of nobody";
}

TEST_F(Start, RefusesCloneOptionsThatCannotWork) {
  meta("requires", "quorum");
  EXPECT_EQ(run("start"), Ocf::configured);
  meta("requires", "fencing");
  meta("globally_unique", "true");
  EXPECT_EQ(run("start"), Ocf::configured);
  meta("globally_unique", "false");
  meta("clone_node_max", "2");
  EXPECT_EQ(run("start"), Ocf::configured);
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(Start, AMissingDeviceIsAMatterOfThisNode) {
  host.devices.clear();
  EXPECT_EQ(run("start"), Ocf::installed);
  host.devices["/dev/shared0"] = 1;
  host.superblocks.clear();
  EXPECT_EQ(run("start"), Ocf::installed);
  EXPECT_THAT(host.said_text(), HasSubstr("no OCFS2 volume"));
}

TEST_F(Start, PathsMustBeAbsolute) {
  for (const std::string name : {"device", "directory", "configfs"}) {
    const Environment before = environment;
    environment["OCF_RESKEY_" + name] = "cluster";
    EXPECT_EQ(run("start"), Ocf::configured) << name;
    environment = before;
  }
  environment.erase("OCF_RESKEY_device");
  EXPECT_EQ(run("start"), Ocf::configured);
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(Start, LinkAndPortAreTheResources) {
  environment["OCF_RESKEY_link"] = "1";
  environment["OCF_RESKEY_port"] = "7778";
  const Parameters parameters = Parameters::from(environment);
  EXPECT_EQ(parameters.link, 1);
  EXPECT_EQ(parameters.port, 7778);
  for (const auto& [name, value] :
       {std::pair("link", "8"), std::pair("link", "x"), std::pair("port", "0"), std::pair("port", "65536")}) {
    Environment wrong = environment;
    wrong[std::string("OCF_RESKEY_") + name] = value;
    EXPECT_THROW(Parameters::from(wrong).check(wrong), Failure) << name << " " << value;
  }
}

TEST_F(Start, SomebodyElseAtWorkIsWaitedForAndThenNamed) {
  host.locked = true;
  EXPECT_EQ(run("start"), Ocf::generic);
  EXPECT_THAT(host.said_text(), HasSubstr("another o2member"));
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(Start, TwoVolumesHaveMembersOfTheirOwn) {
  const std::string other = "FEDCBA9876543210FEDCBA9876543210";
  host.devices["/dev/shared1"] = 17;
  host.superblocks["/dev/shared1"] = Superblock{.uuid = other}.bytes();
  host.add_directory("/mnt1");
  started_with({"node2"});
  environment["OCF_RESKEY_device"] = "/dev/shared1";
  environment["OCF_RESKEY_directory"] = "/mnt1";
  lists("node3", "node1", " ");
  EXPECT_EQ(run("start"), Ocf::success) << host.said_text();
  EXPECT_EQ(host.members(), (Names{"node1", "node2"}));
  EXPECT_EQ(host.members(other), (Names{"node1", "node3"}));
  EXPECT_EQ(run("stop"), Ocf::success) << host.said_text();
  EXPECT_EQ(host.members(), (Names{"node1", "node2"}));
  EXPECT_FALSE(host.region_exists(other));
  EXPECT_TRUE(host.mounted("/mnt"));
}

TEST_F(Start, OtherActionsAreNotImplemented) {
  for (const std::string action : {"promote", "reload", ""})
    EXPECT_EQ(run(action), Ocf::unimplemented) << action;
}

}  // namespace
}  // namespace o2member
