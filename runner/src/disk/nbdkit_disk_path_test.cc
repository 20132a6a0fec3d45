// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/nbdkit_disk_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "disk/disk_path_for_test.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TwoPaths : public DiskPathTest {
 protected:
  void start_paths() override {
    one_ = start(1);
    two_ = start(2);
  }
  void end_paths() override {
    one_.reset();
    two_.reset();
  }
  int byte_at(uint64_t offset) const { return std::to_integer<int>(disk_->read(offset, 1)[0]); }
  std::vector<std::string> events() {
    std::vector<std::string> out;
    for (const Event& e : log_.since(0, [](const Event&) { return true; }))
      out.push_back(
          fmt::format("{} {} {} {}", e.node, e.source, e.kind, e.fields["disk"].get<std::string>()));
    return out;
  }

  std::unique_ptr<NbdkitDiskPath> one_;
  std::unique_ptr<NbdkitDiskPath> two_;
};

TEST_F(TwoPaths, WhatOneWritesTheOtherAndTheHostRead) {
  const TimePoint before = Clock::now() - 1ms;
  EXPECT_TRUE(
      io(*one_, {"write -P 7 1M 512", "write -P 8 1049088 512", "write -f -P 9 4M 4k", "flush"}).status.ok());
  EXPECT_TRUE(io(*two_, {"read -P 7 1M 512", "read -P 8 1049088 512", "read -P 9 4M 4k"}).status.ok());
  EXPECT_EQ(byte_at(1 << 20), 7);
  const std::vector<DiskRequest> log = writes(*one_);
  ASSERT_EQ(log.size(), 3U);
  EXPECT_EQ(log[0].offset, 1U << 20);
  EXPECT_EQ(log[1].offset, (1U << 20) + 512);
  EXPECT_EQ(log[1].length, 512U);
  EXPECT_TRUE(log[2].fua);
  for (const DiskRequest& write : log) {
    ASSERT_TRUE(write.done());
    EXPECT_GE(write.at, before);
    EXPECT_GE(*write.finished, write.at);
    EXPECT_LE(*write.finished, Clock::now() + 1ms);
  }
  EXPECT_THAT(writes(*two_), IsEmpty());
}

// FACTS trap 1: adjacent sectors written from all sides at once.
TEST_F(TwoPaths, NoneOfManyAdjacentSectorsIsLost) {
  std::vector<std::string> even;
  std::vector<std::string> odd;
  for (int i = 0; i < 400; ++i)
    (i % 2 == 0 ? even : odd).push_back(fmt::format("write -q -P {} {} 512", i % 250 + 1, i * 512));
  Process behind = io_behind(*one_, even);
  EXPECT_TRUE(io(*two_, odd).status.ok());
  const auto status = behind.wait(Deadline::in(kSoon));
  ASSERT_TRUE(status && status->ok());
  for (int i = 0; i < 400; ++i) EXPECT_EQ(byte_at(static_cast<uint64_t>(i) * 512), i % 250 + 1) << i;
}

TEST_F(TwoPaths, HangHoldsOnePathOnlyAndReleaseLetsTheWriteGo) {
  one_->hang();
  one_->hang();
  Process behind = io_behind(*one_, {"write -P 7 1M 512"});
  wait_for_writes(*one_, 1);
  EXPECT_TRUE(io(*two_, {"write -P 5 2M 512", "read -P 0 1M 512"}).status.ok());
  EXPECT_FALSE(behind.poll());
  EXPECT_FALSE(writes(*one_)[0].finished);
  EXPECT_EQ(byte_at(1 << 20), 0);
  const TimePoint released = Clock::now();
  one_->release();
  one_->release();
  EXPECT_TRUE(behind.wait(Deadline::in(kSoon)));
  EXPECT_EQ(byte_at(1 << 20), 7);
  ASSERT_TRUE(writes(*one_)[0].done());
  EXPECT_GE(*writes(*one_)[0].finished + 1ms, released);
  EXPECT_THAT(events(), ElementsAre("1 disk disk_hang shared0", "1 disk disk_released shared0"));
}

TEST_F(TwoPaths, AFlushIsAnsweredByAHungPath) {
  one_->hang();
  EXPECT_TRUE(io(*one_, {"flush"}).status.ok());
}

TEST_F(TwoPaths, FailedWritesGiveEioLeaveTheFileAloneAndAreInTheLog) {
  one_->fail_writes(true);
  for (const char* command : {"write -P 7 1M 512", "write -z 1M 64k", "discard 1M 64k"}) {
    const RunOutput out = io(*one_, {command});
    EXPECT_FALSE(out.status.ok()) << command;
    EXPECT_THAT(out.out, HasSubstr("Input/output error")) << command;
  }
  EXPECT_TRUE(io(*one_, {"read -P 0 1M 512"}).status.ok());
  EXPECT_TRUE(io(*two_, {"write -P 3 1M 512"}).status.ok());
  one_->fail_writes(false);
  EXPECT_TRUE(io(*one_, {"write -P 9 2M 512"}).status.ok());
  EXPECT_EQ(byte_at(1 << 20), 3);
  const std::vector<DiskRequest> log = writes(*one_);
  ASSERT_EQ(log.size(), 4U);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(log[i].error, "EIO");
  EXPECT_TRUE(log[3].done());
  EXPECT_THAT(events(), ElementsAre("1 disk fail_writes_on shared0", "1 disk fail_writes_off shared0"));
}

TEST_F(TwoPaths, FailedReadsGiveEioAndWritesGoOn) {
  one_->fail_reads(true);
  EXPECT_FALSE(io(*one_, {"read 1M 512"}).status.ok());
  EXPECT_TRUE(io(*one_, {"write -P 7 1M 512"}).status.ok());
  one_->heal();
  EXPECT_TRUE(io(*one_, {"read -P 7 1M 512"}).status.ok());
  EXPECT_THAT(events(), ElementsAre("1 disk fail_reads_on shared0", "1 disk fail_reads_off shared0"));
}

TEST_F(TwoPaths, AHeldWriteCanBeLostInsteadOfComingLate) {
  one_->hang();
  Process behind = io_behind(*one_, {"write -P 7 1M 512"});
  wait_for_writes(*one_, 1);
  one_->fail_writes(true);
  one_->release();
  EXPECT_TRUE(behind.wait(Deadline::in(kSoon)));
  EXPECT_EQ(writes(*one_)[0].error, "EIO");
  EXPECT_EQ(byte_at(1 << 20), 0);
}

// What a held request of a node that has died does: QEMU is gone, the write is not.
TEST_F(TwoPaths, AHeldWriteOfADeadClientArrivesLateAndTheLogSaysSo) {
  one_->hang();
  Process behind = io_behind(*one_, {"write -P 7 1M 512"});
  wait_for_writes(*one_, 1);
  behind.stop(Duration::zero());
  one_->release();
  WaitHub().wait(
      "the write", Deadline::in(kSoon),
      [&] {
        return Seen{writes(*one_)[0].done(), "unfinished"};
      },
      5ms);
  EXPECT_EQ(byte_at(1 << 20), 7);
}

TEST_F(TwoPaths, HangAndReleaseAreQuickAndSafeToRepeatUnderLoad) {
  std::vector<std::string> many;
  for (int i = 0; i < 2000; ++i) many.push_back(fmt::format("write -q -P 1 {} 512", i * 512));
  one_->hang();
  Process behind = io_behind(*one_, many);
  wait_for_writes(*one_, 1);
  std::vector<Duration> took;
  while (!behind.poll() && took.size() < 500) {
    const TimePoint start = Clock::now();
    one_->release();
    one_->hang();
    took.push_back((Clock::now() - start) / 2);
  }
  one_->release();
  const auto status = behind.wait(Deadline::in(kSoon));
  EXPECT_TRUE(status && status->ok());
  ASSERT_FALSE(took.empty());
  std::sort(took.begin(), took.end());
  RecordProperty("hang_or_release_median_us", static_cast<int>(took[took.size() / 2].count() / 1000));
  EXPECT_LT(took[took.size() / 2], 50ms);
  const std::vector<DiskRequest> log = writes(*one_);
  EXPECT_EQ(std::count_if(log.begin(), log.end(), [](const DiskRequest& w) { return w.done(); }), 2000);
}

TEST_F(TwoPaths, AKilledNbdkitIsNoticed) {
  EXPECT_TRUE(one_->alive());
  ::kill(one_->pid(), SIGKILL);
  WaitHub().wait(
      "its end", Deadline::in(kSoon),
      [&] {
        return Seen{!one_->alive(), "alive"};
      },
      5ms);
  WaitHub().wait(
      "the event", Deadline::in(kSoon),
      [&] {
        return Seen{!events().empty(), "none"};
      },
      5ms);
  EXPECT_THAT(events(), ElementsAre("1 disk disk_path_died shared0"));
  EXPECT_THROW(one_->hang(), Error);
  EXPECT_THROW(one_->fail_writes(true), Error);
  EXPECT_FALSE(one_->hung());
  EXPECT_TRUE(two_->alive());
  one_.reset();
  one_ = start(1);
  EXPECT_TRUE(io(*one_, {"read 0 512"}).status.ok());
}

TEST_F(TwoPaths, NothingIsLeftBehindEvenByAHungPathWithAHeldWrite) {
  const pid_t pid = one_->pid();
  one_->fail_reads(true);
  one_->hang();
  Process behind = io_behind(*one_, {"write -P 7 1M 512"});
  wait_for_writes(*one_, 1);
  const TimePoint start = Clock::now();
  one_.reset();
  EXPECT_LT(Clock::now() - start, 1s);
  EXPECT_EQ(::kill(pid, 0), -1);
  for (const auto& entry : fs::directory_iterator(folder_))
    EXPECT_THAT(entry.path().filename().native(), testing::Not(HasSubstr("disk0-node1")));
  EXPECT_EQ(byte_at(1 << 20), 0);
}

TEST_F(TwoPaths, AnIdlePathEndsAtOnce) {
  const TimePoint start = Clock::now();
  one_.reset();
  EXPECT_LT(Clock::now() - start, 500ms);
}

TEST_F(TwoPaths, StartedFromAThreadItOutlivesTheThread) {
  one_.reset();
  std::thread([&] { one_ = start(1); }).join();
  EXPECT_TRUE(io(*one_, {"read 0 512"}).status.ok());
  EXPECT_TRUE(one_->alive());
}

TEST_F(TwoPaths, WithoutALogItServesAndFaultsAllTheSame) {
  NbdkitDiskPath silent({.node = 3,
                         .disk = 0,
                         .file = disk_->path(),
                         .sockets = folder_,
                         .log_file = {},
                         .messages = folder_ / "silent.err"},
                        &log_);
  EXPECT_TRUE(io(silent, {"write -P 5 1M 512", "flush"}).status.ok());
  EXPECT_EQ(byte_at(1 << 20), 5);
  silent.fail_writes(true);
  EXPECT_FALSE(io(silent, {"write -P 6 1M 512"}).status.ok());
  EXPECT_EQ(byte_at(1 << 20), 5);
  silent.heal();
}

TEST_F(TwoPaths, AFileThatIsNotThereIsSaidInNbdkitsWords) {
  try {
    NbdkitDiskPath path({.node = 3,
                         .disk = 0,
                         .file = "/nowhere/shared0.raw",
                         .sockets = folder_,
                         .log_file = folder_ / "disk-node3.log",
                         .messages = {}},
                        &log_);
    FAIL() << "started";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::environment);
    EXPECT_THAT(error.what(), HasSubstr("node 3"));
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/shared0.raw: No such file or directory"));
  }
}

}  // namespace
}  // namespace o2lab
