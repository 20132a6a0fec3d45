// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/line_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "base/paths.h"
#include "base/wait.h"

namespace o2lab {
namespace {

class LineSourceTest : public testing::Test {
 protected:
  LineSourceTest() { restart(dir_ / "node1.console"); }
  ~LineSourceTest() override {
    source_.reset();
    fs::remove_all(dir_);
  }
  void restart(const fs::path& raw_file) {
    source_.reset();
    LineSource::Options options;
    options.socket = dir_ / "console";
    options.raw_file = raw_file;
    options.on_line = [this](const StampedLine& line) {
      add(line.text + (line.partial ? " (partial)" : ""), line.at);
    };
    options.on_connect = [this] { add("<connect>", Clock::now()); };
    options.on_end = [this] { add("<end>", Clock::now()); };
    source_.emplace(loop_, std::move(options));
  }
  void add(const std::string& text, TimePoint at) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(text);
    stamps_.push_back(at);
    hub_.notify();
  }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  void wait_for(size_t count) {
    hub_.wait("lines", Deadline::in(10s), [&] {
      const auto now = seen();
      return Seen{now.size() >= count, now.empty() ? "" : now.back()};
    });
  }
  static void send(const UniqueFd& fd, std::string_view text) {
    ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  const fs::path dir_ = make_runtime_dir();
  WaitHub hub_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
  std::vector<TimePoint> stamps_;
  ReaderLoop loop_;
  std::optional<LineSource> source_;
};

TEST_F(LineSourceTest, LinesComeStampedAndTheFileIsCompleteAtAnyTime) {
  const UniqueFd qemu = connect_unix(dir_ / "console");
  const TimePoint before = Clock::now();
  send(qemu, "[    0.1] one\r\n[    0.2] tw");
  wait_for(2);
  EXPECT_EQ(read_file(dir_ / "node1.console"), "[    0.1] one\r\n[    0.2] tw");
  EXPECT_EQ(source_->position(), 27u);
  EXPECT_TRUE(source_->connected());
  send(qemu, "o\r\n");
  wait_for(3);
  EXPECT_THAT(seen(), testing::ElementsAre("<connect>", "[    0.1] one", "[    0.2] two"));
  EXPECT_LE(before, stamps_[1]);
  EXPECT_LE(stamps_[1], Clock::now());
}

TEST_F(LineSourceTest, EndOfAQemuDeliversItsLastWordsAndTheNextIsTaken) {
  {
    const UniqueFd qemu = connect_unix(dir_ / "console");
    send(qemu, "Kernel panic");
  }
  wait_for(3);
  EXPECT_FALSE(source_->connected());
  const UniqueFd next = connect_unix(dir_ / "console");
  send(next, "boot\n");
  wait_for(5);
  EXPECT_THAT(seen(),
              testing::ElementsAre("<connect>", "Kernel panic (partial)", "<end>", "<connect>", "boot"));
  EXPECT_EQ(read_file(dir_ / "node1.console"), "Kernel panicboot\n");
}

TEST_F(LineSourceTest, ASourceMadeAgainGoesOnInTheSameFile) {
  {
    const UniqueFd qemu = connect_unix(dir_ / "console");
    send(qemu, "first power-on\n");
    wait_for(2);
  }
  restart(dir_ / "node1.console");
  const UniqueFd qemu = connect_unix(dir_ / "console");
  send(qemu, "second\n");
  hub_.wait("the second line", Deadline::in(10s), [&] {
    return Seen{seen().back() == "second", seen().back()};
  });
  EXPECT_EQ(read_file(dir_ / "node1.console"), "first power-on\nsecond\n");
}

TEST_F(LineSourceTest, DrainTakesWhatIsThereOnTheCallersThread) {
  const UniqueFd qemu = connect_unix(dir_ / "console");
  wait_for(1);
  send(qemu, "last\n");
  source_->drain();
  EXPECT_EQ(source_->position(), 5u);
}

TEST_F(LineSourceTest, ManySourcesShareTheThread) {
  std::vector<std::unique_ptr<LineSource>> sources;
  std::atomic<int> lines = 0;
  for (int i = 0; i < 16; ++i) {
    LineSource::Options options;
    options.socket = dir_ / ("s" + std::to_string(i));
    options.on_line = [&](const StampedLine&) {
      ++lines;
      hub_.notify();
    };
    sources.push_back(std::make_unique<LineSource>(loop_, std::move(options)));
  }
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(connect_unix(dir_ / ("s" + std::to_string(i))));
  for (int round = 0; round < 50; ++round)
    for (const UniqueFd& client : clients) send(client, "line\n");
  hub_.wait("all lines", Deadline::in(10s), [&] { return Seen{lines == 800, std::to_string(lines)}; });
  sources.clear();
}

TEST_F(LineSourceTest, AFullDiskIsToldAndLinesStillCome) {
  restart("/dev/full");
  const UniqueFd qemu = connect_unix(dir_ / "console");
  send(qemu, "one\n");
  wait_for(2);
  EXPECT_THAT(source_->write_error(), testing::HasSubstr("/dev/full: No space left"));
  EXPECT_EQ(seen().back(), "one");
}

}  // namespace
}  // namespace o2lab
