// SPDX-License-Identifier: GPL-2.0-or-later
#include "fence_runner.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace o2member {
namespace {

FenceRunner::Result wait_result(FenceRunner& runner) {
  FenceRunner::Result result{};
  pollfd ready{runner.descriptor(), POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 60'000), 1) << "no answer within a minute";
  EXPECT_TRUE(runner.next(result));
  return result;
}

TEST(FenceRunnerTest, TheExitStatusIsTheProof) {
  FenceRunner runner("test node2 =");
  ASSERT_TRUE(runner.ask(2, 7, "node2"));
  FenceRunner::Result result = wait_result(runner);
  EXPECT_EQ(result.node, 2U);
  EXPECT_EQ(result.ticket, 7U);
  EXPECT_TRUE(result.success);
  ASSERT_TRUE(runner.ask(3, 8, "node3"));
  result = wait_result(runner);
  EXPECT_EQ(result.node, 3U);
  EXPECT_FALSE(result.success);
  EXPECT_FALSE(runner.next(result)) << "each is told once";
}

TEST(FenceRunnerTest, ACommandThatIsNotThereOrDiesProvesNothing) {
  FenceRunner missing("/nowhere/fence");
  ASSERT_TRUE(missing.ask(2, 1, "node2"));
  EXPECT_FALSE(wait_result(missing).success);
  FenceRunner killed("kill -9 $$;");
  ASSERT_TRUE(killed.ask(2, 1, "node2"));
  EXPECT_FALSE(wait_result(killed).success);
}

TEST(FenceRunnerTest, OneThatHangsKeepsNoOtherBack) {
  char fifo[] = "/tmp/o2member-XXXXXX";
  ASSERT_NE(::mkdtemp(fifo), nullptr);
  const std::string gate = std::string(fifo) + "/gate";
  ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
  FenceRunner runner("f() { [ \"$1\" = node3 ] || read line <" + gate + "; }; f");
  ASSERT_TRUE(runner.ask(2, 1, "node2"));
  ASSERT_TRUE(runner.ask(3, 2, "node3"));
  EXPECT_EQ(wait_result(runner).node, 3U);
  std::ofstream(gate) << "go\n";
  EXPECT_EQ(wait_result(runner).node, 2U);
  std::filesystem::remove_all(fifo);
}

TEST(FenceRunnerTest, OneThatTakesTooLongHasFailedAndIsGone) {
  FenceRunner runner("sleep 600; true", Milliseconds(50));
  ASSERT_TRUE(runner.ask(2, 1, "node2"));
  const FenceRunner::Result result = wait_result(runner);
  EXPECT_EQ(result.ticket, 1U);
  EXPECT_FALSE(result.success);
}

TEST(FenceRunnerTest, NamesArePassedWhole) {
  FenceRunner runner("[ $# -eq 1 ] && test 'a b' = ");
  EXPECT_FALSE(runner.ask(2, 1, std::string(64, 'n').c_str())) << "never a part of a name";
  EXPECT_TRUE(runner.ask(2, 1, std::string(63, 'n').c_str()));
  EXPECT_FALSE(wait_result(runner).success);
}

}  // namespace
}  // namespace o2member
