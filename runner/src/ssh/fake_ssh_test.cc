// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh/fake_ssh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace o2lab {
namespace {

TEST(FakeShell, AnswersByTheFirstRuleThatFitsOnceBeforeAlways) {
  FakeShell shell("node3");
  shell.answer("uname", 0, "6.1\n");
  shell.answer_once("uname", 1, "", "busy");
  EXPECT_EQ(shell.run("uname -r", Deadline::in(1s)).err, "busy");
  const CommandResult result = shell.run("uname -r", Deadline::in(1s), "in");
  EXPECT_EQ(result.out, "6.1\n");
  EXPECT_EQ(result.node, "node3");
  EXPECT_EQ(shell.run("other", Deadline::in(1s)).exit_status, 127);
  EXPECT_THAT(shell.commands(), testing::ElementsAre("uname -r", "uname -r", "other"));
  EXPECT_EQ(shell.inputs()[1], "in");
}

TEST(FakeShell, Misbehaves) {
  FakeShell shell;
  shell.answer("mount", 0);
  shell.fail_once("mount", Error(ErrorKind::timeout, "node1: hung"));
  EXPECT_THROW(shell.run("mount /dev/shared0", Deadline::in(1s)), Error);
  EXPECT_TRUE(shell.run("mount /dev/shared0", Deadline::in(1s)).ok());
  shell.node_gone();
  EXPECT_THROW(shell.run("true", Deadline::in(1s)), Error);
  EXPECT_THROW(shell.start("true", {}), Error);
}

TEST(FakeShell, ProcessesSayWhatTheTestSays) {
  FakeShell shell;
  std::vector<std::string> seen;
  const auto process = shell.start("writer", [&](const StampedLine& line) { seen.push_back(line.text); });
  shell.process(0).say("wrote 1");
  process->write("stop\n");
  EXPECT_TRUE(process->running());
  shell.process(0).exit(2);
  EXPECT_EQ(process->wait(Deadline::in(1s)).exit_status, 2);
  EXPECT_EQ(process->wait(Deadline::in(1s)).out, "wrote 1\n");
  EXPECT_EQ(shell.process(0).input(), "stop\n");
  EXPECT_THAT(seen, testing::ElementsAre("wrote 1"));
  const auto other = shell.start("writer", {});
  shell.node_gone();
  EXPECT_THROW(other->wait(Deadline::in(1s)), Error);
}

TEST(Shorten, KeepsTheStartOrTheEndAndWholeCharacters) {
  EXPECT_EQ(shorten("a\nb\n"), "a | b");
  EXPECT_EQ(shorten("abcdef", 3), "abc…");
  EXPECT_EQ(shorten("ab\xc3\xa9", 3), "ab…");
  EXPECT_EQ(shorten_to_end("abcdef", 3), "…def");
  EXPECT_EQ(shorten_to_end(std::string(1000, 'x') + "end\n", 3), "…end");
}

TEST(CommandResult, CheckShowsStdoutWhenThereIsNoStderr) {
  CommandResult result{"node2", "fsck", 1, {}, "bad block\n", {}, {}, {}};
  try {
    result.check();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "node2: `fsck`: exit 1: bad block");
  }
}

}  // namespace
}  // namespace o2lab
