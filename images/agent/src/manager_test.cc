// SPDX-License-Identifier: GPL-2.0-or-later
#include "manager.h"

#include "test/agent_fixture.h"

namespace o2member {
namespace {

std::string crm_mon(const std::string& fencing, const std::string& nodes) {
  return "<?xml version=\"1.0\"?>\n<pacemaker-result api-version=\"2.25\" request=\"crm_mon\">\n  <summary>\n"
         "    <cluster_options stonith-enabled=\"" +
         fencing +
         "\" symmetric-cluster=\"true\"/>\n  </summary>\n"
         "  <nodes>\n" +
         nodes +
         "  </nodes>\n  <resources>\n    <resource id=\"vol\"><node name=\"node2\" id=\"2\" "
         "cached=\"true\"/></resource>\n  </resources>\n</pacemaker-result>\n";
}

std::string node(const std::string& name, const std::string& online, const std::string& unclean) {
  return "    <node name=\"" + name + "\" id=\"7\" online=\"" + online + "\" standby=\"false\" unclean=\"" +
         unclean + "\" shutdown=\"false\" expected_up=\"true\" type=\"member\"/>\n";
}

TEST(PacemakerState, TellsOnlineDownAndUnclean) {
  const auto states = Pacemaker::states_in(
      crm_mon("true", node("node10", "false", "false") + node("node1", "true", "false") +
                          node("node2", "false", "true") + node("node3", "true", "true")));
  EXPECT_EQ(states.at("node1"), NodeState::online);
  EXPECT_EQ(states.at("node10"), NodeState::down);
  EXPECT_EQ(states.at("node2"), NodeState::unclean);
  EXPECT_EQ(states.at("node3"), NodeState::unclean) << "in the membership, but with a failed stop";
  EXPECT_EQ(states.size(), 4U) << "the names as they are, no part of one";
  EXPECT_TRUE(Pacemaker::states_in("").empty());
}

TEST(PacemakerState, WithoutFencingNobodyIsProvenDown) {
  const auto states = Pacemaker::states_in(
      crm_mon("false", node("node1", "true", "false") + node("node2", "false", "false")));
  EXPECT_EQ(states.at("node2"), NodeState::unclean);
  EXPECT_EQ(states.at("node1"), NodeState::online);
}

TEST(PacemakerState, ASilentManagerKnowsNothing) {
  FakeHost host;
  Pacemaker manager(host);
  host.answers["crm_mon"] = {102, crm_mon("true", node("node1", "true", "false"))};
  EXPECT_EQ(manager.state_of("node1"), NodeState::unknown);
  host.answers["crm_mon"] = {0, crm_mon("true", node("node1", "true", "false"))};
  EXPECT_EQ(manager.state_of("node1"), NodeState::online);
}

std::string operation(const std::string& what, int call, int result) {
  return "<lrm_rsc_op id=\"volume_" + what + "\" operation=\"" + what + "\" call-id=\"" +
         std::to_string(call) + "\" rc-code=\"" + std::to_string(result) + "\" op-status=\"" +
         (call < 0 ? "-1" : "0") + "\"/>";
}

std::string history(const std::string& name, const std::string& operations,
                    const std::string& crmd = "offline") {
  return "<node_state id=\"7\" uname=\"" + name + "\" in_ccm=\"false\" crmd=\"" + crmd +
         "\" join=\"down\" expected=\"down\"><lrm id=\"7\"><lrm_resources><lrm_resource id=\"power\" "
         "type=\"fence_o2lab\" class=\"stonith\"><lrm_rsc_op operation=\"start\" call-id=\"9\" "
         "rc-code=\"0\" op-status=\"0\"/></lrm_resource><lrm_resource id=\"volume\" type=\"o2member\" "
         "class=\"ocf\" provider=\"o2lab\">" +
         operations + "</lrm_resource></lrm_resources></lrm></node_state>";
}

TEST(PacemakerState, ANodeThatWasDetachedIsNotDown) {
  FakeHost host;
  Pacemaker manager(host);
  std::string shown;
  for (const char* name : {"fenced", "stopped", "probed", "left", "found", "failed", "midway", "back", "new"})
    shown += node(name, "false", "false");
  host.answers["crm_mon"] = {0, crm_mon("true", shown)};
  host.answers["cibadmin"] = {
      0, "<status>\n<node_state id=\"7\" uname=\"fenced\" crmd=\"offline\" expected=\"down\"/>" +
             history("stopped", operation("stop", 20, 0) + operation("monitor", 13, 0)) +
             history("probed", operation("monitor", 10, 7), "0") +
             history("left", operation("start", 11, 0) + operation("monitor", 13, 0)) +
             history("found", operation("monitor", 10, 0)) + history("failed", operation("stop", 20, 1)) +
             history("midway", operation("stop", -1, 193) + operation("monitor", 13, 0)) +
             history("back", operation("stop", 20, 0), "online") + "</status>\n"};
  const auto states =
      manager.states_of({"fenced", "stopped", "probed", "left", "found", "failed", "midway", "back", "new"});
  for (const char* name : {"fenced", "stopped", "probed"})
    EXPECT_EQ(states.at(name), NodeState::down) << name;
  for (const char* name : {"left", "found", "failed", "midway", "back", "new"})
    EXPECT_EQ(states.at(name), NodeState::detached) << name;
  host.answers["cibadmin"] = {102, "Connection refused"};
  EXPECT_EQ(manager.state_of("fenced"), NodeState::unknown);
}

TEST(PacemakerState, AMonitorThatWasUnderWayDoesNotHideTheStop) {
  EXPECT_EQ(Pacemaker::stopped_in("<status>" +
                                  history("node2", operation("monitor", -1, 193) + operation("stop", 20, 0)) +
                                  "</status>"),
            Names{"node2"});
  EXPECT_TRUE(
      Pacemaker::stopped_in("<status>" + history("node2", operation("monitor", -1, 193)) + "</status>")
          .empty());
}

TEST(PacemakerState, ManyNodesAreOneLook) {
  FakeHost host;
  Pacemaker manager(host);
  host.answers["crm_mon"] = {102, ""};
  EXPECT_EQ(manager.states_of({"node1", "node2"}).size(), 2U);
  EXPECT_EQ(host.said.size(), 1U) << "each look that fails says so";
  EXPECT_TRUE(manager.states_of({}).empty());
  EXPECT_EQ(host.said.size(), 1U) << "nobody is asked about nobody";
}

}  // namespace
}  // namespace o2member
