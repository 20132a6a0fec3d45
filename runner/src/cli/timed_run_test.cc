// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/timed_run.h"

#include <gmock/gmock.h>
#include <signal.h>

#include "base/error.h"
#include "base/temporary_dir.h"
#include "base/wait.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

struct TimedRun : testing::Test {
  TemporaryDir dir{fs::temp_directory_path()};
  fs::path out = dir.path() / "out";
  StopFd stop;

  std::string error_of(const std::string& script, Duration limit) {
    try {
      timed_run({"sh", "-c", script}, out, limit, stop);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
};

TEST_F(TimedRun, TakesAsLongAsTheProgram) {
  const double seconds = timed_run({"sleep", "0.3"}, out, 30s, stop);
  EXPECT_GE(seconds, 0.3);
  EXPECT_LT(seconds, 20);
}

TEST_F(TimedRun, FailsWithTheLastLineOfAProgramThatFails) {
  EXPECT_THAT(error_of("echo first; echo 'no room'; echo; exit 7", 30s), HasSubstr("exit 7: no room"));
  EXPECT_THAT(error_of("exit 1", 30s), HasSubstr("exit 1"));
}

TEST_F(TimedRun, EndsWhatHasNotEndedAndWhatThatStarted) {
  EXPECT_THAT(error_of("sleep 600 & echo $!; wait", 500ms), HasSubstr("has not ended after"));
  const pid_t child = std::stoi(read_file(out));
  WaitHub hub;
  hub.wait("the program's child to end", Deadline::in(20s), [&] {
    const std::string stat = read_file_or_empty(fmt::format("/proc/{}/stat", child));
    return Seen{stat.empty() || stat.find(") Z ") != std::string::npos, "runs"};
  });
}

TEST_F(TimedRun, EndsAtOnceWhenTheUserDoes) {
  stop.raise();
  const TimePoint begun = Clock::now();
  EXPECT_EQ(error_of("exec sleep 600", 300s), "interrupted");
  EXPECT_LT(Clock::now() - begun, 60s);
}

}  // namespace
}  // namespace o2lab
