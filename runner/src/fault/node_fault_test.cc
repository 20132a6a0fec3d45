// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault/node_fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/paths.h"
#include "vm/fake_hypervisor.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A node that was powered on by a hypervisor without VMs.
class NodeFault : public testing::Test {
 protected:
  NodeFault() { node_.power_on(); }
  ~NodeFault() override { fs::remove_all(dir_); }

  NodePlan plan() {
    NodePlan plan;
    plan.number = 3;
    plan.run_id = "test";
    plan.kernel = &kernel_;
    plan.image = &image_;
    plan.runtime_dir = dir_;
    plan.console_log = dir_ / "log";
    return plan;
  }
  std::vector<std::string> faults() const {
    std::vector<std::string> out;
    for (const Event& event : events_.since(0, [](const Event& e) { return e.source == "fault"; }))
      out.push_back(fmt::format("{} node{}", event.kind, event.node));
    return out;
  }
  std::vector<std::string> calls() const {
    std::vector<std::string> all = hypervisor_.calls();
    all.erase(all.begin());  // create
    return all;
  }

  const fs::path dir_ = make_runtime_dir();
  const KernelBuild kernel_;
  const ImageBuild image_;
  const RunKeys keys_;
  FakeHypervisor hypervisor_;
  EventLog events_;
  WaitHub hub_;
  ReaderLoop readers_;
  Node node_{NodeServices{&events_, &hub_, &hypervisor_, &readers_, &keys_}, plan()};
};

TEST_F(NodeFault, PauseAndResumeAreAStartAndAnEnd) {
  node_fault::pause(node_, events_);
  node_fault::resume(node_, events_);
  EXPECT_THAT(calls(), ElementsAre("suspend o2lab-test-node3", "resume o2lab-test-node3"));
  EXPECT_THAT(faults(), ElementsAre("node_paused node3", "node_resumed node3"));
}

TEST_F(NodeFault, APauseThatTheHypervisorRefusesIsNoFault) {
  hypervisor_.fail_next("o2lab-test-node3", "suspend");
  EXPECT_THROW(node_fault::pause(node_, events_), Error);
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(NodeFault, AResumeThatTheHypervisorRefusesIsTold) {
  node_fault::pause(node_, events_);
  hypervisor_.fail_next("o2lab-test-node3", "resume");
  EXPECT_THROW(node_fault::resume(node_, events_), Error);
  EXPECT_THAT(faults(), ElementsAre("node_paused node3")) << "it stands still for all that is known";
}

TEST_F(NodeFault, ANodeThatNobodyResumesCanBeLetRun) {
  EXPECT_FALSE(node_.let_run()) << "nobody had paused it";
  node_fault::pause(node_, events_);
  EXPECT_TRUE(node_.let_run());
  EXPECT_FALSE(node_.let_run());
  EXPECT_THAT(calls(), ElementsAre("suspend o2lab-test-node3", "resume o2lab-test-node3"));
}

TEST_F(NodeFault, AResumeThatFailedIsStillToDo) {
  node_fault::pause(node_, events_);
  hypervisor_.fail_next("o2lab-test-node3", "resume");
  EXPECT_THROW(node_fault::resume(node_, events_), Error);
  EXPECT_TRUE(node_.let_run());
}

TEST_F(NodeFault, WhatNeedsTheGuestFailsWithoutIt) {
  EXPECT_THROW(node_fault::inject_nmi(node_, events_), Error);
  EXPECT_THROW(node_fault::step_clock(node_, 1h, events_), Error);
  EXPECT_THROW(node_fault::drift_clock(node_, 10, events_), Error);
  EXPECT_THAT(faults(), IsEmpty());
  EXPECT_THAT(calls(), IsEmpty());
}

}  // namespace
}  // namespace o2lab
