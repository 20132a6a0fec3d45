// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/temporary_dir.h"
#include "cluster/checkpoint_key.h"

namespace o2lab {
namespace {

using nlohmann::json;

class CheckpointStoreTest : public testing::Test {
 protected:
  void make(const std::string& key, size_t bytes = 4096) {
    auto making = store_.begin(key);
    ASSERT_TRUE(making.has_value());
    write_file(making->dir() / "node1.memory", std::string(bytes, 'm'));
    making->complete({{"what", key}});
  }
  bool is_there(const std::string& key) const { return fs::exists(dir_.path() / "store" / key); }
  // As if it had last been found that long ago.
  void age(const std::string& key, std::chrono::seconds by) {
    const fs::path info = dir_.path() / "store" / key / "checkpoint.json";
    fs::last_write_time(info, fs::last_write_time(info) - by);
  }

  const TemporaryDir dir_{testing::TempDir()};
  CheckpointStore store_{dir_.path() / "store"};
};

TEST_F(CheckpointStoreTest, IsFoundOnceItIsComplete) {
  EXPECT_FALSE(store_.find("one"));
  make("one");
  const auto found = store_.find("one");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->checkpoint.info.at("what"), "one");
  EXPECT_EQ(read_file(found->checkpoint.node(1).memory).size(), 4096U);
}

TEST_F(CheckpointStoreTest, WhatWasNotCompletedLeavesNothing) {
  {
    const auto making = store_.begin("one");
    ASSERT_TRUE(making.has_value());
    write_file(making->dir() / "node1.memory", "half");
    EXPECT_FALSE(store_.find("one")) << "found while it is made";
  }
  EXPECT_FALSE(store_.find("one"));
  EXPECT_FALSE(is_there("one.part"));
}

TEST_F(CheckpointStoreTest, OneMakesItAtATime) {
  const auto making = store_.begin("one");
  EXPECT_TRUE(making.has_value());
  EXPECT_FALSE(CheckpointStore(dir_.path() / "store").begin("one"));
  EXPECT_TRUE(store_.begin("two"));
}

TEST_F(CheckpointStoreTest, WhatIsInUseIsNotRemoved) {
  make("one");
  auto found = store_.find("one");
  EXPECT_TRUE(store_.find("one")) << "many may use it";
  store_.prune(0);
  store_.remove("one");
  EXPECT_FALSE(store_.begin("one"));
  EXPECT_TRUE(is_there("one"));
  found.reset();
  store_.remove("one");
  EXPECT_FALSE(is_there("one"));
}

TEST_F(CheckpointStoreTest, TheLongestUnusedGoFirst) {
  for (const char* key : {"old", "older", "used"}) make(key, 1 << 20);
  age("old", 100s);
  age("older", 200s);
  age("used", 300s);
  EXPECT_TRUE(store_.find("used"));
  store_.prune((2 << 20) + (1 << 19));
  EXPECT_TRUE(is_there("used"));
  EXPECT_TRUE(is_there("old"));
  EXPECT_FALSE(is_there("older"));
}

TEST_F(CheckpointStoreTest, WhatAKilledMakerLeftGoes) {
  make("one");
  const fs::path part = dir_.path() / "store/two.part";
  fs::create_directory(part);
  store_.prune(1 << 30);
  EXPECT_FALSE(fs::exists(part));
  EXPECT_TRUE(is_there("one"));
  fs::create_directory(dir_.path() / "store/three.part");
  write_file(dir_.path() / "store/three.part/node9.memory", "of another one");
  const auto making = store_.begin("three");
  EXPECT_FALSE(fs::exists(making->dir() / "node9.memory"));
}

TEST(CheckpointEvents, ComeBackWithoutTheClockOfThenAndWithoutBeats) {
  const std::vector<Event> timeline = {
      {Clock::now(), 1, "trace", "o2hb_beat", {{"guest_s", 1.5}}},
      {Clock::now(), 1, "trace", "o2hb_node_event", {{"guest_s", 2.5}, {"node", "2"}, {"event", "up"}}},
      {Clock::now(), 1, "console", "line", {{"text", "hello"}}}};
  Checkpoint checkpoint;
  checkpoint.info = {{"events", events_to_replay(timeline)}};
  EventLog log;
  replay_events(checkpoint, log);
  const std::vector<Event> replayed = log.since(0, [](const Event&) { return true; });
  ASSERT_EQ(replayed.size(), 1U);
  EXPECT_EQ(replayed[0].node, 1);
  EXPECT_EQ(replayed[0].source, "trace");
  EXPECT_EQ(replayed[0].kind, "o2hb_node_event");
  EXPECT_EQ(replayed[0].fields, (json{{"node", "2"}, {"event", "up"}, {"restored", true}}));
}

struct KeyedPlan {
  KeyedPlan() {
    kernel.info = {{"hash", "k1"}};
    image.info = {{"hash", "i1"}};
    kernel.boot = "/cache/k1/vmlinux";
    kernel.modules = "/cache/k1/modules.erofs";
    image.root = "/cache/i1/root.erofs";
    plan.kernel = &kernel;
    plan.image = &image;
    plan.run_id = "aaaa";
    plan.runtime_dir = "/tmp/run-a";
    plan.log_dir = plan.disk_dir = "/results/a";
  }
  KeyedPlan(const KeyedPlan&) = delete;
  KeyedPlan& operator=(const KeyedPlan&) = delete;
  std::string key(const std::string& ready = "mounted") const {
    return checkpoint_key(checkpoint_inputs(plan, ready, "libvirt 9.0.0, QEMU 7.2.22"));
  }

  KernelBuild kernel;
  ImageBuild image;
  ClusterPlan plan;
};

TEST(CheckpointKey, IsTheSameInEveryRunAndCheckout) {
  KeyedPlan k;
  const std::string first = k.key();
  EXPECT_EQ(first.size(), 16U);
  k.plan.run_id = "bbbb";
  k.plan.runtime_dir = "/dev/shm/run-b";
  k.plan.log_dir = k.plan.disk_dir = "/results/b";
  k.kernel.boot = "/elsewhere/vmlinux";
  EXPECT_EQ(k.key(), first);
}

TEST(CheckpointKey, ChangesWithAllThatMakesTheCluster) {
  const std::vector<std::function<void(KeyedPlan&)>> changes = {
      [](KeyedPlan& k) { k.kernel.info["hash"] = "k2"; },
      [](KeyedPlan& k) { k.image.info["hash"] = "i2"; },
      [](KeyedPlan& k) { k.plan.kernels[2] = &k.kernel; },
      [](KeyedPlan& k) { k.plan.nodes = 2; },
      [](KeyedPlan& k) { k.plan.volumes = 2; },
      [](KeyedPlan& k) { k.plan.accel = Accel::kvm; },
      [](KeyedPlan& k) { k.plan.extra_cmdline = "slub_debug=P"; },
      [](KeyedPlan& k) { k.plan.topology.dead_threshold = 7; },
      [](KeyedPlan& k) { k.plan.topology.idle_timeout = 5s; },
      [](KeyedPlan& k) { k.plan.topology.fence_method = FenceMethod::panic; },
      [](KeyedPlan& k) { k.plan.topology.heartbeat_mode = HeartbeatMode::user; },
      [](KeyedPlan& k) { k.plan.topology.memory = 512 << 20; },
      [](KeyedPlan& k) { k.plan.topology.watchdog = true; },
      [](KeyedPlan& k) { k.plan.topology.host_power = true; },
      [](KeyedPlan& k) { k.plan.topology.slots = 8; },
      [](KeyedPlan& k) { k.plan.topology.disk_size = 1ULL << 30; }};
  std::set<std::string> keys = {KeyedPlan().key(), KeyedPlan().key("heartbeat")};
  for (const auto& change : changes) {
    KeyedPlan other;
    change(other);
    EXPECT_TRUE(keys.insert(other.key()).second) << "change " << keys.size() - 1;
  }
}

TEST(CheckpointKey, IsNotThereForABuildThatDoesNotSayWhatItIs) {
  KeyedPlan k;
  k.kernel.info = json::object();
  EXPECT_TRUE(checkpoint_inputs(k.plan, "mounted", "QEMU").is_null());
}

}  // namespace
}  // namespace o2lab
