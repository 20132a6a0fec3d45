// SPDX-License-Identifier: GPL-2.0-or-later
// Two volumes of one watch, which miss the same node.
#include "shared_fences.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace o2member {
namespace {

using std::chrono::seconds;

/// A volume whose node 2 of two is lost.
class Volume : WatchActions {
 public:
  explicit Volume(SharedFences& fences) : fences_(fences) {
    const NodeSet both(0b110);
    core_.begin(both, both, 7);
    core_.quorum(true, {});
    core_.group(both, both, {}, {}, {});
  }
  void lose(Clock::time_point now) {
    now_ = now;
    core_.group(NodeSet(0b010), {}, {}, NodeSet(0b100), now);
  }
  void look(Clock::time_point now) {
    now_ = now;
    core_.look(now);
  }
  void answer(const SharedFences::Result& result, Clock::time_point now) {
    now_ = now;
    awaited_.answer(result, core_, now);
  }
  int asked = 0, proven = 0;

 private:
  bool link(uint32_t /*node*/) override { return true; }
  bool unlink(uint32_t /*node*/) override { return true; }
  bool in_recovery(uint32_t /*node*/) override { return false; }
  void inquire(uint64_t /*number*/) override {}
  bool send(const Message& message) override {
    proven += message.type == Message::Type::fenced ? 1 : 0;
    return true;
  }
  bool fence(uint32_t node, uint32_t ticket, Clock::time_point missed) override {
    ++asked;
    awaited_.ask(node, ticket, missed);
    const bool taken = fences_.ask(node, "node2", missed, now_);
    EXPECT_TRUE(taken);
    return taken;
  }

  SharedFences& fences_;
  AwaitedFences awaited_;
  Clock::time_point now_{};
  WatchCore core_{*this, 1, {.lost = Milliseconds(0)}};
};

/// A fencing command that writes down that it runs, and ends when it is let; two in a test.
class SharedFencesTest : public testing::Test {
 protected:
  ~SharedFencesTest() override { std::filesystem::remove_all(dir_); }

  static std::string make_dir() {
    std::string dir = "/tmp/o2member-XXXXXX";
    EXPECT_NE(::mkdtemp(dir.data()), nullptr);
    for (const char* gate : {"/a", "/b"}) EXPECT_EQ(::mkfifo((dir + gate).c_str(), 0600), 0);
    return dir;
  }
  std::string command() const {
    // Each has a gate of its own: two that read from one would share a line between them.
    return "f() { g=" + dir_ + "/a; mkdir $g.taken 2>/dev/null || g=" + dir_ + "/b; echo $1 >>" + dir_ +
           "/runs; read word <$g; [ $word = good ]; }; f";
  }
  /// Lets one command end, and gives both volumes what comes of it.
  void end(const char* word, Clock::time_point now) {
    const std::string gate = dir_ + (++ended_ == 1 ? "/a" : "/b");
    int fd = -1;
    for (int tries = 0; fd < 0 && tries < 6000; ++tries) {
      fd = ::open(gate.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (fd < 0) ::poll(nullptr, 0, 10);
    }
    ASSERT_GE(fd, 0) << "no command runs for a minute";
    const std::string line = std::string(word) + "\n";
    EXPECT_EQ(::write(fd, line.data(), line.size()), static_cast<ssize_t>(line.size()));
    ::close(fd);
    pollfd ready{fences_.descriptor(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 60'000), 1) << "no answer within a minute";
    SharedFences::Result result{};
    if (!fences_.next(result)) return;
    for (Volume* volume : {&first_, &second_}) volume->answer(result, now);
    EXPECT_FALSE(fences_.next(result)) << "each is told once";
  }
  int runs() const {
    std::ifstream file(dir_ + "/runs");
    int count = 0;
    for (std::string line; std::getline(file, line);) ++count;
    return count;
  }
  static Clock::time_point at(int second) { return Clock::time_point{} + seconds(second); }

  int ended_ = 0;
  const std::string dir_ = make_dir();
  SharedFences fences_{command()};
  Volume first_{fences_}, second_{fences_};
};

TEST_F(SharedFencesTest, OneCommandIsTheProofForBothVolumes) {
  first_.lose(at(1));
  second_.lose(at(1));
  EXPECT_EQ(first_.asked + second_.asked, 2);
  end("good", at(3));
  EXPECT_EQ(first_.proven, 1);
  EXPECT_EQ(second_.proven, 1);
  EXPECT_EQ(runs(), 1);
}

TEST_F(SharedFencesTest, WhatFailsFailsForBothAndIsTriedAgainOnce) {
  first_.lose(at(1));
  second_.lose(at(1));
  end("bad", at(2));
  EXPECT_EQ(first_.proven + second_.proven, 0);
  first_.look(at(4));
  second_.look(at(4));
  end("good", at(5));
  EXPECT_EQ(first_.proven, 1);
  EXPECT_EQ(second_.proven, 1);
  EXPECT_EQ(runs(), 2);
}

TEST_F(SharedFencesTest, ACommandThatBeganBeforeAVolumeMissedTheNodeProvesNothingForIt) {
  first_.lose(at(1));
  second_.lose(at(2));
  // The first of the two commands is told to nobody.
  end("good", at(3));
  end("good", at(4));
  EXPECT_EQ(first_.proven, 1);
  EXPECT_EQ(second_.proven, 1);
  EXPECT_EQ(runs(), 2);
}

}  // namespace
}  // namespace o2member
