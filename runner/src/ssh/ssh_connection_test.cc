// SPDX-License-Identifier: GPL-2.0-or-later
// Component tests against a real Dropbear on loopback.
#include "ssh/ssh_connection.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "base/wait.h"
#include "ssh/dropbear_for_test.h"

namespace o2lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class SshConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = DropbearForTest::missing(); !why.empty()) GTEST_SKIP() << why;
    server_.emplace();
  }
  std::unique_ptr<SshConnection> connect() {
    return SshConnection::connect(server_->target(), Deadline::in(20s), gone_, &log_);
  }
  std::optional<DropbearForTest> server_;
  StopFd gone_;
  EventLog log_;
};

template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::check, "nothing was thrown");
}

TEST_F(SshConnectionTest, ResultHoldsEverythingAboutTheCommand) {
  const auto ssh = connect();
  const TimePoint before = Clock::now();
  const CommandResult result = ssh->run("echo out; echo err >&2; exit 3", Deadline::in(20s));
  EXPECT_EQ(result.node, "node1");
  EXPECT_EQ(result.command, "echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_EQ(result.signal, "");
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_LE(before, result.started);
  EXPECT_LT(result.started, result.finished);
  EXPECT_LE(result.finished, Clock::now());
}

TEST_F(SshConnectionTest, ASignalIsNamed) {
  const CommandResult result = connect()->run("kill -KILL $$", Deadline::in(20s));
  EXPECT_EQ(result.signal, "KILL");
  EXPECT_FALSE(result.ok());
}

TEST_F(SshConnectionTest, CheckNamesNodeCommandStatusAndStderr) {
  const auto ssh = connect();
  EXPECT_EQ(ssh->run("echo fine", Deadline::in(20s)).check().out, "fine\n");
  const Error error = error_of([&] { ssh->run("echo no such >&2; false", Deadline::in(20s)).check(); });
  EXPECT_EQ(error.kind(), ErrorKind::check);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("node1"), HasSubstr("false"), HasSubstr("exit 1"), HasSubstr("no such")));
}

TEST_F(SshConnectionTest, DeadlineEndsTheCommandAndTheConnectionIsStillOfUse) {
  const auto ssh = connect();
  const TimePoint start = Clock::now();
  const Error error = error_of([&] { ssh->run("echo began; sleep 100", Deadline::in(300ms)); });
  EXPECT_LT(Clock::now() - start, 1500ms);
  EXPECT_EQ(error.kind(), ErrorKind::timeout);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("node1"), HasSubstr("sleep 100"), HasSubstr("began")));
  EXPECT_EQ(ssh->run("echo again", Deadline::in(20s)).out, "again\n");
}

TEST_F(SshConnectionTest, DeadlineHoldsForACommandThatIgnoresSignals) {
  const auto ssh = connect();
  const TimePoint start = Clock::now();
  EXPECT_EQ(error_of([&] { ssh->run("trap '' TERM; sleep 100", Deadline::in(300ms)); }).kind(),
            ErrorKind::timeout);
  EXPECT_LT(Clock::now() - start, 2s);
  EXPECT_EQ(ssh->run("echo again", Deadline::in(20s)).out, "again\n");
}

TEST_F(SshConnectionTest, GoneEndsACommandAtOnce) {
  const auto ssh = connect();
  TimePoint raised;
  std::thread other([&] {
    while (!fs::exists(server_->dir() / "home/started")) std::this_thread::yield();
    raised = Clock::now();
    gone_.raise();
  });
  const Error error = error_of([&] { ssh->run("touch started; sleep 100", Deadline::in(60s)); });
  const TimePoint ended = Clock::now();
  other.join();
  EXPECT_LT(ended - raised, 100ms);
  EXPECT_EQ(error.kind(), ErrorKind::node_gone);
  EXPECT_THAT(error.what(), HasSubstr("sleep 100"));
  EXPECT_EQ(error_of([&] { ssh->run("true", Deadline::in(60s)); }).kind(), ErrorKind::node_gone);
}

TEST_F(SshConnectionTest, GoneEndsConnectingToAServerThatSaysNothing) {
  // A listener that accepts and is silent, as slirp is before the guest listens.
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(fd.get(), 4), 0);
  ASSERT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  SshTarget target = server_->target();
  target.port = ntohs(address.sin_port);
  TimePoint start = Clock::now();
  EXPECT_EQ(error_of([&] { SshConnection::connect(target, Deadline::in(200ms), gone_); }).kind(),
            ErrorKind::timeout);
  EXPECT_LT(Clock::now() - start, 1s);
  gone_.raise();
  start = Clock::now();
  EXPECT_EQ(error_of([&] { SshConnection::connect(target, Deadline::in(60s), gone_); }).kind(),
            ErrorKind::node_gone);
  EXPECT_LT(Clock::now() - start, 100ms);
}

TEST_F(SshConnectionTest, AnotherHostKeyIsRefusedWithBothFingerprints) {
  SshTarget target = server_->target();
  target.host_public_key = make_run_keys().host_public;
  const Error error = error_of([&] { SshConnection::connect(target, Deadline::in(20s), gone_); });
  EXPECT_EQ(error.kind(), ErrorKind::infra);
  EXPECT_THAT(error.what(), testing::ContainsRegex("host key SHA256:.* instead of SHA256:"));
}

TEST_F(SshConnectionTest, AnotherUserKeyIsRefused) {
  SshTarget target = server_->target();
  target.private_key = server_->dir() / "other_key";
  write_user_key(make_run_keys(), target.private_key);
  const Error error = error_of([&] { SshConnection::connect(target, Deadline::in(20s), gone_); });
  EXPECT_EQ(error.kind(), ErrorKind::infra);
  EXPECT_THAT(error.what(), HasSubstr("other_key"));
}

TEST_F(SshConnectionTest, AServerThatDiesIsALostConnectionAndIsFoundAgain) {
  const auto ssh = connect();
  const auto process = ssh->start("echo up; sleep 100", {});
  WaitHub hub;
  hub.wait(
      "the first line", Deadline::in(20s),
      [&] {
        return Seen{process->lines().size() == 1, ""};
      },
      5ms);
  std::thread killer([&] { server_->kill(); });
  const Error error = error_of([&] { ssh->run("sleep 100", Deadline::in(60s)); });
  killer.join();
  EXPECT_EQ(error.kind(), ErrorKind::infra);
  EXPECT_THAT(error.what(), HasSubstr("sleep 100"));
  EXPECT_EQ(error_of([&] { process->wait(Deadline::in(20s)); }).kind(), ErrorKind::infra);
  EXPECT_EQ(error_of([&] { ssh->run("true", Deadline::in(20s)); }).kind(), ErrorKind::infra);
  server_->start();
  EXPECT_EQ(ssh->run("echo back", Deadline::in(20s)).out, "back\n");
}

TEST_F(SshConnectionTest, FiveMegabytesBothWays) {
  const auto ssh = connect();
  std::string input;
  for (uint32_t i = 0; input.size() < 5u * 1024 * 1024; ++i) input += std::to_string(i) + "\n";
  const CommandResult result = ssh->run("cat", Deadline::in(60s), input);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_TRUE(result.out == input) << result.out.size() << " of " << input.size() << " bytes";
}

TEST_F(SshConnectionTest, InputThatNobodyReadsDoesNotHang) {
  EXPECT_EQ(connect()->run("exit 4", Deadline::in(20s), std::string(2u * 1024 * 1024, 'x')).exit_status, 4);
}

TEST_F(SshConnectionTest, ManyThreadsShareAConnection) {
  const auto ssh = connect();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int j = 0; j < 5; ++j) {
        const std::string word = std::to_string(10 * i + j);
        if (ssh->run("echo " + word, Deadline::in(60s)).out == word + "\n") ++right;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 20);
}

TEST_F(SshConnectionTest, CommandsAreLoggedAndLongOnesShortened) {
  const auto ssh = connect();
  ssh->run("exit 7", Deadline::in(20s));
  ssh->run("true " + std::string(500, 'x'), Deadline::in(20s));
  error_of([&] { ssh->run("sleep 100", Deadline::in(50ms)); });
  const auto events = log_.since(0, [](const Event& e) { return e.source == "ssh" && e.kind == "command"; });
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].node, 1);
  EXPECT_EQ(events[0].fields["command"], "exit 7");
  EXPECT_EQ(events[0].fields["status"], 7);
  EXPECT_GE(events[0].fields["ms"], 0);
  EXPECT_LT(events[1].fields["command"].get<std::string>().size(), 130u);
  EXPECT_EQ(events[2].fields["status"], "timeout");
}

TEST_F(SshConnectionTest, ProcessLinesAreStampedAsTheyCome) {
  const auto ssh = connect();
  std::mutex mutex;
  std::vector<StampedLine> seen;
  const auto process =
      ssh->start("echo first; read x; echo \"got $x\"; cat; printf end; exit 5", [&](const StampedLine& l) {
        const std::lock_guard lock(mutex);
        seen.push_back(l);
      });
  WaitHub hub;
  hub.wait(
      "the first line", Deadline::in(20s),
      [&] {
        return Seen{process->lines().size() == 1, ""};
      },
      5ms);
  EXPECT_TRUE(process->running());
  EXPECT_EQ(error_of([&] { process->wait(Deadline::in(10ms)); }).kind(), ErrorKind::timeout);
  const TimePoint asked = Clock::now();
  process->write("word\nmore\n");
  process->close_stdin();
  const CommandResult result = process->wait(Deadline::in(20s));
  EXPECT_EQ(result.exit_status, 5);
  EXPECT_EQ(result.out, "first\ngot word\nmore\nend");
  EXPECT_FALSE(process->running());
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_LT(seen[0].at, asked);
  EXPECT_GT(seen[1].at, asked);
  EXPECT_EQ(seen[1].text, "got word");
  EXPECT_TRUE(seen[3].partial);
  // The shell itself was free all the time.
  EXPECT_TRUE(ssh->run("true", Deadline::in(20s)).ok());
}

TEST_F(SshConnectionTest, StopEndsAProcessOnTheNode) {
  const auto ssh = connect();
  const auto process = ssh->start("echo $$; exec sleep 100", {});
  WaitHub hub;
  hub.wait(
      "its pid", Deadline::in(20s),
      [&] {
        return Seen{process->lines().size() == 1, ""};
      },
      5ms);
  const std::string pid = process->lines()[0].text;
  const TimePoint start = Clock::now();
  process->stop();
  EXPECT_LT(Clock::now() - start, 2s);
  EXPECT_EQ(process->wait(Deadline::in(1s)).signal, "TERM");
  hub.wait(
      "its end", Deadline::in(20s),
      [&] {
        return Seen{!ssh->run("kill -0 " + pid, Deadline::in(20s)).ok(), "alive"};
      },
      5ms);
}

TEST_F(SshConnectionTest, GoneEndsAProcess) {
  const auto ssh = connect();
  const auto process = ssh->start("sleep 100", {});
  gone_.raise();
  EXPECT_EQ(error_of([&] { process->wait(Deadline::in(5s)); }).kind(), ErrorKind::node_gone);
}

TEST_F(SshConnectionTest, ProcessIsDestroyedWhileItRuns) {
  const auto ssh = connect();
  const TimePoint start = Clock::now();
  ssh->start("sleep 100", {});
  ssh->start("trap '' TERM; while :; do echo x; done", {});
  EXPECT_LT(Clock::now() - start, 5s);
}

TEST_F(SshConnectionTest, WhatALineCallbackThrowsEndsTheProcess) {
  const auto ssh = connect();
  const auto process =
      ssh->start("echo x; sleep 100", [](const StampedLine&) { fail(ErrorKind::check, "not this line"); });
  const Error error = error_of([&] { process->wait(Deadline::in(20s)); });
  EXPECT_EQ(error.kind(), ErrorKind::check);
  EXPECT_THAT(error.what(), StartsWith("not this line"));
}

TEST_F(SshConnectionTest, DISABLED_Times) {
  const int rounds = 20;
  Duration connecting{};
  Duration running{};
  for (int i = 0; i < rounds; ++i) {
    TimePoint start = Clock::now();
    const auto ssh = connect();
    connecting += Clock::now() - start;
    for (int j = 0; j < 5; ++j) {
      start = Clock::now();
      ssh->run("true", Deadline::in(20s));
      running += Clock::now() - start;
    }
  }
  GTEST_LOG_(INFO) << "connect and login " << human(connecting / rounds) << ", command "
                   << human(running / (5 * rounds));
}

}  // namespace
}  // namespace o2lab
