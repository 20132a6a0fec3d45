// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>

#include "test/agent_fixture.h"

namespace o2member {
namespace {

using testing::HasSubstr;

class Notify : public AgentTest {};

TEST_F(Notify, WhoIsAboutToStartBecomesAMember) {
  started_with({"node2"});
  lists("node1 node2", "node3 node10", " ");
  EXPECT_EQ(notify("pre", "start"), Ocf::success) << host.said_text();
  EXPECT_EQ(host.calls_text(), "link node10, link node3");
}

TEST_F(Notify, NodesAreTheirWholeNames) {
  started_with({"node2", "node10"});
  manager.states = {{"node10", {NodeState::online}}};
  lists("node1 node2 node10", " ", "node10");
  EXPECT_EQ(notify("post", "stop"), Ocf::success);
  EXPECT_EQ(host.members(), (Names{"node1", "node2"}));
  lists("node1 node2", "node10", " ");
  EXPECT_EQ(notify("pre", "start"), Ocf::success);
  EXPECT_EQ(host.members(), (Names{"node1", "node10", "node2"}));
  host.calls.clear();
  lists("node1 node2 node10", " ", "node1");  // another agent's point of view: node10 is not node1
  EXPECT_EQ(notify("post", "stop"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "") << "and nobody takes itself away";
}

TEST_F(Notify, NobodyGoesBeforeItHasStopped) {
  started_with({"node2", "node3"});
  manager.states = {{"node2", {NodeState::online}}};
  lists("node1 node2 node3", " ", "node2");
  EXPECT_EQ(notify("pre", "stop"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "");
  EXPECT_EQ(notify("post", "stop"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "unlink node2");
}

TEST_F(Notify, WhoStoppedAndStartsAgainLeavesAndComesBack) {
  started_with({"node2"});
  manager.states = {{"node2", {NodeState::online}}};
  lists("node1 node2", "node2", "node2");
  EXPECT_EQ(notify("pre", "stop"), Ocf::success);
  EXPECT_EQ(notify("post", "stop"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "unlink node2");
  EXPECT_EQ(notify("pre", "start"), Ocf::success);
  EXPECT_EQ(notify("post", "start"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "unlink node2, link node2");
}

TEST_F(Notify, NobodyIsLinkedBeforeItsTurn) {
  started_with({"node2"});
  manager.states = {{"node2", {NodeState::online}}};
  lists("node1 node2", "node3", "node2");
  EXPECT_EQ(notify("pre", "stop"), Ocf::success);
  EXPECT_EQ(notify("post", "stop"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "unlink node2") << "starts come after stops";
}

TEST_F(Notify, AFencedNodeGoesAtOnceThoughNoActiveListComes) {
  started_with({"node2", "node3"});
  environment.erase("OCF_RESKEY_CRM_meta_notify_active_uname");
  environment.erase("OCF_RESKEY_CRM_meta_notify_start_uname");
  meta("notify_stop_uname", "node3");
  manager.states = {{"node3", {NodeState::down}}};
  EXPECT_EQ(notify("post", "stop"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "unlink node3") << "that node2 is on no list says nothing of it";
}

TEST_F(Notify, WhoIsMissingFromTheListsStays) {
  started_with({"node2", "node3"});
  manager.states = {{"node2", {NodeState::down}}, {"node3", {NodeState::down}}};
  lists("node1", " ", " ");
  for (const std::string type : {"pre", "post"})
    for (const std::string operation : {"start", "stop"}) EXPECT_EQ(notify(type, operation), Ocf::success);
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(Notify, WhoStopsInAnotherNotificationStays) {
  started_with({"node2"});
  manager.states = {{"node2", {NodeState::down}}};
  lists("node1 node2", "node3", "node2");
  EXPECT_EQ(notify("pre", "start"), Ocf::success);
  EXPECT_EQ(notify("post", "start"), Ocf::success);
  EXPECT_EQ(host.members(), (Names{"node1", "node2", "node3"}));
}

TEST_F(Notify, WhoIsNotFencedStaysThoughItIsOnTheList) {
  started_with({"node2", "node3"});
  manager.states = {{"node2", {NodeState::unclean}}, {"node3", {NodeState::online}}};
  lists("node1 node2 node3", " ", "node2 node3");
  EXPECT_EQ(notify("post", "stop"), Ocf::generic);
  EXPECT_EQ(host.calls_text(), "unlink node3");
  EXPECT_THAT(host.said_text(), HasSubstr("node2: it is not fenced"));
}

TEST_F(Notify, WhoseManagerWasStoppedWithTheVolumeMountedStays) {
  started_with({"node2"});
  manager.states = {{"node2", {NodeState::detached}}};
  lists("node1 node2", " ", "node2");
  EXPECT_EQ(notify("post", "stop"), Ocf::generic);
  EXPECT_EQ(host.calls_text(), "");
  EXPECT_THAT(host.said_text(), HasSubstr("Pacemaker was stopped and the volume there was not"));
}

TEST_F(Notify, WhoNobodyKnowsStays) {
  started_with({"node2"});
  lists("node1 node2", " ", "node2");
  EXPECT_EQ(notify("post", "stop"), Ocf::generic);
  EXPECT_EQ(host.calls_text(), "");
}

TEST_F(Notify, TheProofMayComeAMomentLater) {
  started_with({"node2"});
  manager.states = {{"node2", {NodeState::unclean, NodeState::unknown, NodeState::down}}};
  lists("node1 node2", " ", "node2");
  EXPECT_EQ(notify("post", "stop"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "unlink node2");
}

TEST_F(Notify, ANodeInRecoveryIsNoMemberYet) {
  started_with({"node3"});
  const std::string state = "/sys/kernel/debug/ocfs2/" + std::string(kUuid) + "/fs_state";
  host.files[state] = "    Device => Id: 8,0\n  Recovery => Pid: 77  Nodes: 1 3\n";  // node2 is number 3
  lists("node1 node3", "node2", " ");
  EXPECT_EQ(notify("pre", "start"), Ocf::generic);
  EXPECT_EQ(host.calls_text(), "");
  EXPECT_THAT(host.said_text(), HasSubstr("still being recovered"));
  host.on_pause = [&] { host.files[state] = "  Recovery => Pid: -1  Nodes: None\n"; };
  EXPECT_EQ(notify("pre", "start"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "link node2");
}

TEST_F(Notify, OneFailureKeepsNothingElseBack) {
  started_with({});
  host.refuse = {{"link node10", EINVAL}};
  lists("node1", "node10 node2 node4", " ");
  EXPECT_EQ(notify("pre", "start"), Ocf::installed);
  EXPECT_EQ(host.calls_text(), "link node2");
  EXPECT_THAT(host.said_text(), HasSubstr("refuses to link node10"));
  EXPECT_THAT(host.said_text(), HasSubstr("node4 is not configured"));
}

TEST_F(Notify, IsNothingToANodeThatIsNotAMember) {
  lists("node2", "node3", " ");
  EXPECT_EQ(notify("pre", "start"), Ocf::success);
  EXPECT_EQ(host.calls_text(), "");
  host.devices.clear();
  EXPECT_EQ(notify("pre", "start"), Ocf::success);
}

TEST_F(Notify, AVolumeThatIsMountedAndUnknownIsAFailure) {
  started_with({"node2"});
  host.files.erase("/run/o2member/%-mnt.state");
  host.superblocks.clear();
  manager.states = {{"node2", {NodeState::down}}};
  lists("node1 node2", " ", "node2");
  EXPECT_EQ(notify("post", "stop"), Ocf::generic) << "not done, and nothing would do it again";
}

TEST_F(Notify, LinksThatCannotBeReadAreAFailure) {
  started_with({"node2"});
  manager.states = {{"node2", {NodeState::down}}};
  lists("node1 node2", " ", "node2");
  host.unreadable = {{std::string(kRoot) + "/lab/heartbeat/" + kUuid, ENOMEM}};
  EXPECT_EQ(notify("post", "stop"), Ocf::generic) << "done would be final";
  host.unreadable.clear();
  EXPECT_EQ(notify("post", "stop"), Ocf::success);
  EXPECT_EQ(host.members(), Names{"node1"});
}

TEST_F(Notify, LinksOfAnyNameCount) {
  started_with({});
  ASSERT_EQ(host.make_link(std::string(kRoot) + "/lab/node/node2",
                           std::string(kRoot) + "/lab/heartbeat/" + kUuid + "/x"),
            0);
  host.calls.clear();
  lists("node1 node2", " ", " ");
  EXPECT_EQ(notify("post", "start"), Ocf::success) << host.said_text();
  EXPECT_EQ(host.calls_text(), "");
  manager.states = {{"node2", {NodeState::down}}};
  lists("node1 node2", " ", "node2");
  EXPECT_EQ(notify("post", "stop"), Ocf::success);
  EXPECT_EQ(host.members(), Names{"node1"});
}

}  // namespace
}  // namespace o2member
