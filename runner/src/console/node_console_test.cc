// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/node_console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>

#include "base/paths.h"
#include "base/wait.h"

namespace o2lab {
namespace {

class NodeConsoleTest : public testing::Test {
 protected:
  NodeConsoleTest() {
    NodeConsole::Options options;
    options.node = 2;
    options.socket = dir_ / "console";
    options.raw_file = dir_ / "node2.console";
    log_.on_event([this](const Event&) { hub_.notify(); });
    console_ = std::make_unique<NodeConsole>(loop_, log_, std::move(options));
  }
  ~NodeConsoleTest() override {
    console_.reset();
    fs::remove_all(dir_);
  }
  std::vector<Event> events(const std::string& kind) {
    return log_.since(0, [&](const Event& e) { return e.kind == kind; });
  }
  void wait_for(const std::string& kind) {
    hub_.wait(kind, Deadline::in(10s), [&] { return Seen{!events(kind).empty(), ""}; });
  }
  void send(const UniqueFd& fd, std::string_view text) {
    ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  const fs::path dir_ = make_runtime_dir();
  WaitHub hub_;
  EventLog log_;
  ReaderLoop loop_;
  std::unique_ptr<NodeConsole> console_;
};

TEST_F(NodeConsoleTest, APanicIsAnnouncedAtOnceAndReportedWhenQemuEnds) {
  {
    const UniqueFd qemu = connect_unix(dir_ / "console");
    send(qemu, "[    1.000000] Kernel panic - not syncing: made up\r\n[    1.000100] CPU: 0 PID: 1\r\n");
    wait_for("report_opened");
  }
  wait_for("console_ended");
  ASSERT_EQ(events("panic").size(), 1u);
  const Event panic = events("panic")[0];
  EXPECT_EQ(panic.node, 2);
  EXPECT_EQ(panic.source, "console");
  EXPECT_EQ(panic.fields["title"], "panic: made up");
  EXPECT_TRUE(panic.fields["fatal"]);
  EXPECT_THAT(panic.fields["text"].get<std::string>(), testing::HasSubstr("PID: 1"));
  EXPECT_EQ(panic.at, events("report_opened")[0].at);
}

TEST_F(NodeConsoleTest, ABlockWithoutAnEndIsReportedWhenItGoesQuiet) {
  const UniqueFd qemu = connect_unix(dir_ / "console");
  send(qemu, "[    1.000000] Kernel panic - not syncing: made up\r\n");
  wait_for("panic");
  EXPECT_FALSE(events("panic")[0].fields["complete"]);
}

TEST_F(NodeConsoleTest, SettleReportsWhatIsOpen) {
  const UniqueFd qemu = connect_unix(dir_ / "console");
  wait_for("console_connected");
  send(qemu,
       "o2lab: ready node=2 boot=1.01\r\n[    1.000000] INFO: task a:1 blocked for more than 120 "
       "seconds.\r\n");
  console_->settle();
  EXPECT_EQ(events("ready").size(), 1u);
  EXPECT_EQ(events("hung_task").size(), 1u);
  EXPECT_THAT(console_->last_lines(2), testing::ElementsAre("o2lab: ready node=2 boot=1.01",
                                                            testing::HasSubstr("blocked for more than")));
  EXPECT_EQ(console_->last_lines(1).size(), 1u);
}

}  // namespace
}  // namespace o2lab
