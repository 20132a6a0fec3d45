// SPDX-License-Identifier: GPL-2.0-or-later
// Rules on a real path: nbdkit with our filter, and qemu-io as the node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "disk/disk_path_for_test.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Action = DiskRule::Action;

constexpr uint64_t kMiB = 1 << 20;

class FaultyPath : public DiskPathTest {
 protected:
  void start_paths() override { path_ = start(1); }
  void end_paths() override { path_.reset(); }

  bool io(const std::vector<std::string>& commands) const {
    return DiskPathTest::io(*path_, commands).status.ok();
  }
  Process io_behind(const std::vector<std::string>& commands) {
    return DiskPathTest::io_behind(*path_, commands);
  }
  std::vector<DiskRequest> writes() const { return DiskPathTest::writes(*path_); }
  void wait_for_writes(size_t count) const { DiskPathTest::wait_for_writes(*path_, count); }
  std::vector<std::string> events() {
    std::vector<std::string> out;
    for (const Event& e : log_.since(0, [](const Event&) { return true; })) out.push_back(e.kind);
    return out;
  }

  std::unique_ptr<NbdkitDiskPath> path_;
};

TEST_F(FaultyPath, ARangeHangsAndTheRestGoesOn) {
  const int rule = path_->set({.offset = kMiB, .length = kMiB}, "range");
  std::vector<std::string> commands;
  // As many as QEMU lets hang and still asks for something else.
  for (int i = 0; i < 15; ++i) commands.push_back(fmt::format("aio_write -P 7 {} 512", kMiB + i * 512U));
  commands.insert(commands.end(), {"write -P 5 3M 512", "read -P 5 3M 512", "flush", "aio_flush"});
  Process behind = io_behind(commands);
  wait_for_writes(16);
  // Threads of nbdkit write them down: not always in the order asked.
  const auto done = [&](bool inside) {
    const std::vector<DiskRequest> all = writes();
    return std::count_if(all.begin(), all.end(), [&](const DiskRequest& write) {
      return write.done() && (write.offset < 2 * kMiB) == inside;
    });
  };
  WaitHub().wait(
      "the write outside", Deadline::in(kSoon),
      [&] {
        return Seen{done(false) == 1, "unfinished"};
      },
      5ms);
  EXPECT_EQ(done(true), 0);
  EXPECT_FALSE(behind.poll());
  path_->clear(rule);
  EXPECT_TRUE(behind.wait(Deadline::in(kSoon)));
  for (const DiskRequest& write : writes()) EXPECT_TRUE(write.done());
  EXPECT_THAT(events(), ElementsAre("disk_fault_on", "disk_fault_off"));
}

TEST_F(FaultyPath, SaysWhenSoManyHangThatQemuAsksForNothingElse) {
  const int rule = path_->set({.offset = kMiB, .length = kMiB}, "range");
  std::vector<std::string> commands;
  for (int i = 0; i < 16; ++i) commands.push_back(fmt::format("aio_write -P 7 {} 512", kMiB + i * 512U));
  commands.insert(commands.end(), {"write -P 5 3M 512", "aio_flush"});
  Process behind = io_behind(commands);
  wait_for_writes(16);
  path_->clear(rule);
  EXPECT_TRUE(behind.wait(Deadline::in(kSoon)));
  EXPECT_THAT(events(), ElementsAre("disk_fault_on", "disk_path_full", "disk_fault_off"));
}

TEST_F(FaultyPath, EioOutsideARange) {
  path_->set({.action = Action::eio, .offset = kMiB, .length = kMiB, .outside = true}, "rest");
  EXPECT_TRUE(io({"write -P 7 1M 512", "read -P 7 1M 512"}));
  EXPECT_FALSE(io({"write -P 7 3M 512"}));
  EXPECT_FALSE(io({"read 3M 512"}));
  path_->heal();
  EXPECT_TRUE(io({"write -P 7 3M 512"}));
  EXPECT_FALSE(path_->faulty());
}

TEST_F(FaultyPath, ADelayedWriteTakesItsTimeAndAReadDoesNot) {
  path_->set({.action = Action::delay, .reads = false, .delay = 300ms, .jitter = 100ms, .seed = 1}, "all");
  EXPECT_TRUE(io({"write -P 7 1M 512", "read -P 7 1M 512"}));
  const DiskRequest write = writes().at(0);
  ASSERT_TRUE(write.done());
  EXPECT_GE(*write.finished - write.at, 200ms);
}

TEST_F(FaultyPath, ARateHoldsWhatComesTooFast) {
  path_->set({.action = Action::rate, .reads = false, .bytes_per_second = 64 << 10}, "all");
  EXPECT_TRUE(io({"aio_write -P 7 1M 16k", "aio_write -P 7 2M 16k", "aio_flush"}));
  const std::vector<DiskRequest> two = writes();
  ASSERT_EQ(two.size(), 2U);
  EXPECT_GE(*two[0].finished - two[0].at, 250ms);
  EXPECT_GE(*two[1].finished - two[0].at, 500ms);
}

TEST_F(FaultyPath, ASmallWriteIsRecordedWithItsContentEvenWhenItFails) {
  path_->fail_writes(true);
  EXPECT_FALSE(io({"write -P 7 1M 512"}));
  path_->fail_writes(false);
  EXPECT_TRUE(io({"write -P 8 1M 512", "write -P 9 1M 1k"}));
  const std::vector<DiskRequest> seen = writes();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].content, std::vector<std::byte>(512, std::byte{7}));
  EXPECT_EQ(seen[1].content, std::vector<std::byte>(512, std::byte{8}));
  EXPECT_TRUE(seen[2].content.empty());
}

TEST_F(FaultyPath, ManyRulesComeAndGoUnderLoad) {
  std::vector<std::string> many;
  for (int i = 0; i < 1000; ++i) many.push_back(fmt::format("write -q -P 1 {} 512", i * 512));
  Process behind = io_behind(many);
  int rounds = 0;
  while (!behind.poll() && rounds < 300) {
    const int slow = path_->set({.action = Action::delay, .delay = 1ms}, "all");
    const int held = path_->set({.offset = 0, .length = kMiB, .outside = rounds % 2 == 0}, "some");
    path_->clear(slow);
    path_->clear(held);
    ++rounds;
  }
  const auto status = behind.wait(Deadline::in(kSoon));
  EXPECT_TRUE(status && status->ok());
  EXPECT_GT(rounds, 0);
  EXPECT_EQ(writes().size(), 1000U);
}

TEST_F(FaultyPath, AnImpossibleRuleIsRefusedAndThePathGoesOn) {
  EXPECT_THROW(path_->set({.action = Action::rate}, "all"), Error);
  EXPECT_THROW(path_->set({.action = Action::delay, .delay = 1s, .jitter = 2s}, "all"), Error);
  EXPECT_FALSE(path_->faulty());
  EXPECT_TRUE(io({"write -P 7 1M 512"}));
  path_->clear(99);
  EXPECT_THAT(events(), ElementsAre());
}

TEST_F(FaultyPath, WhatIsHeldIsLostByDropAndThePathIsAsNewAfterHeal) {
  path_->set({.offset = kMiB, .length = kMiB}, "range");
  path_->set({.action = Action::delay, .delay = 1h}, "all");
  Process behind = io_behind({"write -P 7 1M 512"});
  wait_for_writes(1);
  path_->drop();
  EXPECT_TRUE(behind.wait(Deadline::in(kSoon)));
  EXPECT_EQ(writes()[0].error, "EIO");
  EXPECT_FALSE(io({"write -P 8 1M 512"}));
  path_->heal();
  EXPECT_TRUE(io({"read -P 0 1M 512", "write -P 9 1M 512"}));
}

TEST_F(FaultyPath, ARuleThatWasUndoneIsNoErrorAfterHeal) {
  const int rule = path_->set({.action = Action::eio}, "all");
  path_->heal();
  path_->clear(rule);
  EXPECT_TRUE(io({"read 0 512"}));
}

}  // namespace
}  // namespace o2lab
