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
