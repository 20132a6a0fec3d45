// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/leftovers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Leftovers : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* before = std::getenv("XDG_STATE_HOME")) state_before_ = before;
    ::setenv("XDG_STATE_HOME", state_.c_str(), 1);
  }
  void TearDown() override {
    if (state_before_.empty())
      ::unsetenv("XDG_STATE_HOME");
    else
      ::setenv("XDG_STATE_HOME", state_before_.c_str(), 1);
    std::error_code ignored;
    fs::remove_all(state_, ignored);
  }

  static Process sleeper() { return Process::start({{"sleep", "600"}, {}, {}, true}); }
  static bool alive(Process& process) { return !process.wait(Deadline::in(100ms)); }

  // A run that recorded `pids` and was killed: its record stays, unlocked.
  static void dead_run(const std::string& id, const fs::path& dir, const std::vector<pid_t>& pids) {
    const pid_t runner = ::fork();
    if (runner == 0) {
      LeftoverRecord record(id, dir);
      for (const pid_t pid : pids) record.add(pid);
      ::raise(SIGKILL);
    }
    ::waitpid(runner, nullptr, 0);
  }
  fs::path file_of(const std::string& id) const { return state_ / "o2lab/runs" / (id + ".jsonl"); }

 private:
  fs::path state_ = make_runtime_dir();
  std::string state_before_;
};

TEST_F(Leftovers, EndsWhatAKilledRunLeft) {
  Process left = sleeper();
  const fs::path dir = make_runtime_dir();
  fs::create_directories(published_lab_file("r1").parent_path());
  write_file(published_lab_file("r1"), "{}");
  write_file(dir / "socket", "x");
  dead_run("r1", dir, {left.pid()});
  EXPECT_THAT(sweep_leftovers(),
              ElementsAre(HasSubstr("r1 was killed: ended 1 of its processes and removed")));
  EXPECT_FALSE(alive(left));
  EXPECT_FALSE(fs::exists(dir));
  EXPECT_FALSE(fs::exists(file_of("r1")));
  EXPECT_FALSE(fs::exists(published_lab_file("r1")));
  EXPECT_THAT(sweep_leftovers(), IsEmpty());
}

TEST_F(Leftovers, LivingLabIsNotTouchedWhileADeadOneIsSwept) {
  Process mine = sleeper();
  Process left = sleeper();
  const fs::path dir = make_runtime_dir();
  LeftoverRecord living("living", dir);
  living.add(mine.pid());
  dead_run("dead", "/nonexistent", {left.pid()});
  EXPECT_THAT(sweep_leftovers(), ElementsAre(HasSubstr("run dead")));
  EXPECT_TRUE(alive(mine));
  EXPECT_FALSE(alive(left));
  EXPECT_TRUE(fs::exists(dir));
  EXPECT_TRUE(fs::exists(living.file()));
  fs::remove_all(dir);
}

TEST_F(Leftovers, ReusedPidIsAnotherProcess) {
  Process stranger = sleeper();
  dead_run("r1", "/nonexistent", {});
  std::string record = read_file(file_of("r1"));
  record +=
      fmt::format("{{\"pid\":{},\"start_time\":{}}}\n", stranger.pid(), start_time_of(stranger.pid()) - 1);
  write_file(file_of("r1"), record);
  EXPECT_THAT(sweep_leftovers(), IsEmpty());
  EXPECT_TRUE(alive(stranger));
}

TEST_F(Leftovers, RecordCutShortIsUsedAsFarAsItGoes) {
  Process left = sleeper();
  dead_run("r1", "/nonexistent", {left.pid()});
  write_file(file_of("r1"), read_file(file_of("r1")) + "{\"pid\": 12");
  EXPECT_THAT(sweep_leftovers(), ElementsAre(HasSubstr("ended 1")));
  EXPECT_FALSE(alive(left));
}

TEST_F(Leftovers, OnlyRuntimeFoldersAreRemoved) {
  const fs::path parent = make_runtime_dir();
  const fs::path deep = parent / "o2lab-deep";
  const fs::path link = parent.native() + "-link";
  fs::create_directory(deep);
  fs::create_directory_symlink(deep, link);
  dead_run("r1", deep, {});
  dead_run("r2", link, {});
  dead_run("r3", "/tmp/../etc", {});
  EXPECT_THAT(sweep_leftovers(), IsEmpty());
  EXPECT_TRUE(fs::exists(deep));
  EXPECT_TRUE(fs::is_symlink(link));
  fs::remove(link);
  fs::remove_all(parent);
}

TEST_F(Leftovers, LinksInsideARuntimeFolderAreNotFollowed) {
  const fs::path cache = make_runtime_dir();
  write_file(cache / "kept", "x");
  const fs::path dir = make_runtime_dir();
  fs::create_directory_symlink(cache, dir / "cache");
  dead_run("r1", dir, {});
  EXPECT_EQ(sweep_leftovers().size(), 1U);
  EXPECT_TRUE(fs::exists(cache / "kept"));
  fs::remove_all(cache);
}

TEST_F(Leftovers, CleanEndLeavesNoRecord) {
  { const LeftoverRecord record("r1", "/nonexistent"); }
  EXPECT_FALSE(fs::exists(file_of("r1")));
}

TEST_F(Leftovers, SameIdTwiceIsRefused) {
  const LeftoverRecord record("r1", "/nonexistent");
  EXPECT_THROW(LeftoverRecord("r1", "/nonexistent"), Error);
}

TEST_F(Leftovers, RunWhoseSupervisorCleansUpIsLeftToIt) {
  Process supervisor = sleeper();
  dead_run("r1", "/nonexistent", {});
  const std::string head =
      fmt::format("{{\"id\":\"r1\",\"runtime_dir\":\"\",\"supervisor\":{{\"pid\":{},\"start_time\":{}}}}}\n",
                  supervisor.pid(), start_time_of(supervisor.pid()));
  write_file(file_of("r1"), head);
  EXPECT_THAT(sweep_leftovers(), IsEmpty());
  EXPECT_TRUE(fs::exists(file_of("r1")));
  EXPECT_TRUE(alive(supervisor));
}

}  // namespace
}  // namespace o2lab
