// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/host_power.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <set>

#include "base/error.h"
#include "base/paths.h"
#include "base/wait.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Three nodes behind a switch; the test is their QEMUs.
class HostPowerTest : public testing::Test {
 protected:
  HostPowerTest() {
    PowerActions actions;
    actions.is_on = [this](int node) {
      const std::lock_guard lock(mutex_);
      return on_.count(node) > 0;
    };
    actions.off = [this](int node) {
      if (immortal_) fail(ErrorKind::timeout, "node{} lives\non", node);
      const std::lock_guard lock(mutex_);
      on_.erase(node);
    };
    actions.on = [this](int node) {
      const std::lock_guard lock(mutex_);
      on_.insert(node);
    };
    power_.emplace(loop_, events_, dir_, 3, std::move(actions));
    for (int node = 1; node <= 3; ++node) qemu_[node] = connect_unix(HostPower::socket(dir_, node));
  }
  ~HostPowerTest() override {
    power_.reset();
    fs::remove_all(dir_);
  }
  void send(int node, std::string_view text) {
    ASSERT_EQ(::write(qemu_[node].get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  /// The next line for this node.
  std::string hear(int node) {
    std::string line;
    for (char c = 0; ::read(qemu_[node].get(), &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  std::string ask(int node, const std::string& request) {
    send(node, request + "\n");
    return hear(node);
  }
  /// What was done, in order: "action node by".
  std::vector<std::string> done() {
    std::vector<std::string> out;
    for (const Event& event : events_.since(0, [](const Event& e) { return e.kind == "done"; }))
      out.push_back(
          fmt::format("{} {} {}", event.fields.value("action", ""), event.node, event.fields.value("by", 0)));
    return out;
  }

  const fs::path dir_ = make_runtime_dir();
  std::mutex mutex_;
  std::set<int> on_{1, 2, 3};
  std::atomic<bool> immortal_ = false;
  EventLog events_;
  ReaderLoop loop_;
  std::optional<HostPower> power_;
  std::map<int, UniqueFd> qemu_;
};

TEST_F(HostPowerTest, SwitchesANodeOffAndSaysSoToTheAsker) {
  EXPECT_EQ(ask(1, "a status node2"), "a on");
  EXPECT_EQ(ask(1, "b off node2"), "b ok");
  EXPECT_EQ(ask(3, "c status node2"), "c off");
  EXPECT_EQ(ask(3, "d off node2"), "d ok") << "dead already";
  EXPECT_EQ(ask(3, "e on node2"), "e ok");
  EXPECT_EQ(ask(1, "f status node2"), "f on");
  EXPECT_EQ(ask(1, "g list -"), "g node1 node2 node3");
  EXPECT_THAT(done(), ElementsAre("off 2 1", "off 2 3", "on 2 3"));
}

TEST_F(HostPowerTest, RebootGoesThroughDeath) {
  EXPECT_EQ(ask(1, "a reboot node3"), "a ok");
  EXPECT_EQ(ask(1, "b status node3"), "b on");
  immortal_ = true;
  EXPECT_THAT(ask(1, "c reboot node3"), HasSubstr("c failed"));
}

TEST_F(HostPowerTest, NoProofNoSuccess) {
  immortal_ = true;
  EXPECT_EQ(ask(2, "a off node1"), "a failed: node1 lives on");
  EXPECT_EQ(ask(2, "b status node1"), "b on");
}

TEST_F(HostPowerTest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(ask(1, "a off node4"), "a failed: no such node: node4");
  EXPECT_EQ(ask(1, "b off node11"), "b failed: no such node: node11");
  EXPECT_EQ(ask(1, "c off node1x"), "c failed: no such node: node1x");
  EXPECT_EQ(ask(1, "d frob node1"), "d failed: no such action: frob");
  send(1, "\nhalf a\n");
  EXPECT_EQ(ask(1, "e status node1"), "e on") << "what is no request is passed over";
  EXPECT_THAT(done(), ElementsAre());
}

TEST_F(HostPowerTest, RefusingItLeavesTheNodeOn) {
  power_->set(HostPower::Supply::refuses);
  EXPECT_EQ(ask(1, "a off node2"), "a failed: the switch refuses");
  EXPECT_EQ(ask(1, "b status node2"), "b on");
  power_->set(HostPower::Supply::works);
  EXPECT_EQ(ask(1, "c off node2"), "c ok");
}

TEST_F(HostPowerTest, HoldingItAnswersLate) {
  power_->set(HostPower::Supply::holds);
  send(1, "a off node2\n");
  EXPECT_EQ(ask(1, "b status node2"), "b on");
  EXPECT_THAT(done(), ElementsAre());
  power_->set(HostPower::Supply::works);
  EXPECT_EQ(hear(1), "a ok");
}

TEST_F(HostPowerTest, TheLastWordsOfADyingNodeAreNoRequest) {
  send(1, "a off node2");  // and no newline
  qemu_[1].reset();
  qemu_[1] = connect_unix(HostPower::socket(dir_, 1));
  EXPECT_EQ(ask(1, "b status node2"), "b on");
  EXPECT_THAT(done(), ElementsAre());
}

}  // namespace
}  // namespace o2lab
