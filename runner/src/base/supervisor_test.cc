// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/supervisor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "base/clock.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/signals.h"

namespace o2lab {
namespace {

// The supervisor adopts and reaps whatever its caller started, so each test runs it in a process of its own
// and hears pids from inside through a pipe.
class Supervised {
 public:
  explicit Supervised(const std::function<int(int out)>& body) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    in_ = UniqueFd(ends[0]);
    const UniqueFd out(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) ::_exit(run_under_supervisor([&] { return body(out.get()); }));
  }
  ~Supervised() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }

  pid_t pid() const { return pid_; }
  pid_t hear() const {
    pid_t pid = 0;
    pollfd p{in_.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&p, 1, 20000), 1) << "nothing heard from the supervised process";
    EXPECT_EQ(::read(in_.get(), &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
    return pid;
  }
  int wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  UniqueFd in_;
  pid_t pid_ = -1;
};

void tell(int out, pid_t pid) {
  [[maybe_unused]] const ssize_t n = ::write(out, &pid, sizeof pid);
}

[[noreturn]] void sleep_for_ever() {
  for (;;) ::pause();
}

// As a daemon does it: two forks and a session of its own. Tells its pid.
void spawn_daemon(int out) {
  const pid_t middle = ::fork();
  if (middle == 0) {
    ::setsid();
    const pid_t daemon = ::fork();
    if (daemon == 0) {
      ::signal(SIGTERM, SIG_IGN);
      sleep_for_ever();
    }
    tell(out, daemon);  // by this one, as the daemon may be ended before it says a word
    ::_exit(0);
  }
  ::waitpid(middle, nullptr, 0);
}

// Gone, or reaped by whoever adopted it soon.
bool gone_soon(pid_t pid) {
  const Deadline deadline = Deadline::in(5s);
  while (start_time_of(pid) != 0) {
    if (deadline.passed()) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

TEST(Supervisor, PassesTheResultOn) {
  EXPECT_EQ(Supervised([](int) { return 7; }).wait(), 7);
  EXPECT_EQ(Supervised([](int) -> int { throw std::runtime_error("told to"); }).wait(), 3);
}

TEST(Supervisor, KilledChildGivesItsSignal) {
  EXPECT_EQ(Supervised([](int) -> int {
              ::raise(SIGKILL);
              return 0;
            }).wait(),
            128 + SIGKILL);
}

TEST(Supervisor, DaemonsEndWithAChildThatReturns) {
  Supervised lab([](int out) {
    spawn_daemon(out);
    spawn_daemon(out);
    return 0;
  });
  const std::vector<pid_t> daemons{lab.hear(), lab.hear()};
  EXPECT_EQ(lab.wait(), 0);
  for (const pid_t pid : daemons) EXPECT_TRUE(gone_soon(pid));
}

TEST(Supervisor, DaemonsAndTheirChildrenEndWithAChildThatIsKilled) {
  Supervised lab([](int out) {
    spawn_daemon(out);
    if (::fork() == 0) {  // a child with a child, both alive
      spawn_daemon(out);
      sleep_for_ever();
    }
    tell(out, ::getpid());
    sleep_for_ever();
    return 0;
  });
  std::vector<pid_t> all;
  for (int i = 0; i < 3; ++i) all.push_back(lab.hear());
  for (const pid_t pid : all) EXPECT_NE(start_time_of(pid), 0U);
  // The body is the one whose parent is the supervisor and who is in its session.
  for (const pid_t pid : all)
    if (::getsid(pid) == ::getsid(0)) ::kill(pid, SIGKILL);
  EXPECT_EQ(lab.wait(), 128 + SIGKILL);
  for (const pid_t pid : all) EXPECT_TRUE(gone_soon(pid)) << pid;
}

TEST(Supervisor, WhatOnesBelowNamedIsRemovedByTheOneAbove) {
  const fs::path dir = make_runtime_dir();
  write_file(dir / "file", "");
  Supervised lab([&](int out) {
    const pid_t below = ::fork();
    if (below == 0)
      ::_exit(run_under_supervisor([&]() -> int {
        leave_clean(dir, {});
        tell(out, ::getpid());
        sleep_for_ever();
      }));
    tell(out, below);
    tell(out, ::getpid());
    sleep_for_ever();
    return 0;
  });
  std::vector<pid_t> all;
  for (int i = 0; i < 3; ++i) all.push_back(lab.hear());
  EXPECT_TRUE(fs::exists(dir));
  // The body of the outermost one is in the list and ends first, so that nobody else has time to clean up.
  for (const pid_t pid : all) ::kill(pid, SIGKILL);
  EXPECT_EQ(lab.wait(), 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(dir));
  for (const pid_t pid : all) EXPECT_TRUE(gone_soon(pid)) << pid;
}

TEST(Supervisor, PassesSignalsOn) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    Supervised lab([](int out) {
      const SignalStop signals;
      tell(out, ::getpid());
      pollfd p{signals.stop().get(), POLLIN, 0};
      while (!signals.stop().raised()) ::poll(&p, 1, 20000);
      return signals.received();
    });
    lab.hear();
    ::kill(lab.pid(), number);
    EXPECT_EQ(lab.wait(), number);
  }
}

TEST(Supervisor, ChildHearsOfItsSupervisorsDeath) {
  Supervised lab([](int out) {
    const SignalStop signals;
    tell(out, ::getpid());
    pollfd p{signals.stop().get(), POLLIN, 0};
    while (!signals.stop().raised()) ::poll(&p, 1, 20000);
    tell(out, signals.received());
    return 0;
  });
  const pid_t child = lab.hear();
  ::kill(lab.pid(), SIGKILL);
  EXPECT_EQ(lab.hear(), SIGTERM);
  EXPECT_TRUE(gone_soon(child));
}

TEST(Supervisor, RemovesWhatTheChildNamed) {
  const fs::path folder = make_runtime_dir();
  const fs::path file = folder.native() + ".record";
  write_file(folder / "socket", "x");
  write_file(file, "x");
  const fs::path published = folder.native() + ".json";
  write_file(published, "x");
  Supervised lab([&](int) -> int {
    leave_clean(folder, file);
    leave_clean_published(published);
    ::raise(SIGKILL);
    return 0;
  });
  lab.wait();
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_FALSE(fs::exists(file));
  EXPECT_FALSE(fs::exists(published));
}

TEST(Supervisor, IsKnownInsideOnly) {
  Supervised lab([](int out) {
    tell(out, supervisor_pid());
    return 0;
  });
  EXPECT_EQ(lab.hear(), lab.pid());
  lab.wait();
  EXPECT_EQ(supervisor_pid(), 0);
}

}  // namespace
}  // namespace o2lab
