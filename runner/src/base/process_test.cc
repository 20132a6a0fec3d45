// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wait.h"

namespace o2lab {
namespace {

TEST(ProcessRuns, ThisOneDoesUnderItsStartTimeOnly) {
  const unsigned long long start = start_time_of(::getpid());
  EXPECT_NE(start, 0U);
  EXPECT_TRUE(process_runs(::getpid(), start));
  EXPECT_FALSE(process_runs(::getpid(), start + 1));
}

TEST(ProcessRuns, OneThatWaitsToBeReapedDoesNot) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  WaitHub().wait("the child to end", Deadline::in(5s), [&] {
    return Seen{!process_runs(pid, start_time_of(pid)), "it runs"};
  });
  EXPECT_NE(start_time_of(pid), 0U);  // it is still there
  ::waitpid(pid, nullptr, 0);
  EXPECT_EQ(start_time_of(pid), 0U);
  EXPECT_FALSE(process_runs(pid, 0));
}

}  // namespace
}  // namespace o2lab
