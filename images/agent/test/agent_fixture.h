// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "agent.h"
#include "fake_host.h"

namespace o2member {

/// Says of each node what the test says, in order; the last answer stays.
class FakeManager : public Manager {
 public:
  std::map<std::string, std::deque<NodeState>> states;
  std::vector<std::string> asked;
  std::map<std::string, NodeState> states_of(const Names& nodes) override {
    std::map<std::string, NodeState> all;
    for (const std::string& node : nodes) all[node] = next_of(node);
    return all;
  }

 private:
  NodeState next_of(const std::string& node) {
    asked.push_back(node);
    auto& answers = states[node];
    if (answers.empty()) return NodeState::unknown;
    const NodeState state = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return state;
  }
};

/// This machine is node1 of a clone on node1, node2, node3, node10.
class AgentTest : public testing::Test {
 protected:
  FakeHost host;
  FakeManager manager;
  Environment environment{{"OCF_RESKEY_device", "/dev/shared0"},
                          {"OCF_RESKEY_directory", "/mnt"},
                          {"OCF_RESKEY_CRM_meta_clone_max", "8"},
                          {"OCF_RESKEY_CRM_meta_notify", "true"},
                          {"OCF_RESKEY_CRM_meta_timeout", "60000"}};

  void meta(const std::string& name, const std::string& value) {
    environment["OCF_RESKEY_CRM_meta_" + name] = value;
  }
  void lists(const std::string& active, const std::string& start, const std::string& stop) {
    meta("notify_active_uname", active);
    meta("notify_start_uname", start);
    meta("notify_stop_uname", stop);
  }
  Ocf run(const std::string& action) { return Agent(host, manager, environment).run(action); }
  Ocf notify(const std::string& type, const std::string& operation) {
    meta("notify_type", type);
    meta("notify_operation", operation);
    return run("notify");
  }
  /// As after a start with these peers.
  void started_with(const std::vector<std::string>& peers) {
    Names names(peers.begin(), peers.end());
    lists(joined(names), "node1", " ");
    ASSERT_EQ(run("start"), Ocf::success) << host.said_text();
    host.calls.clear();
    host.said.clear();
  }
  void TearDown() override {
    EXPECT_THAT(host.strays, testing::IsEmpty());
    EXPECT_FALSE(host.fenced) << "the own link was removed under a mount";
  }
};

}  // namespace o2member
