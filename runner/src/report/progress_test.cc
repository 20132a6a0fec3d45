// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "base/error.h"
#include "base/paths.h"
#include "report/example_run.h"
#include "report/json.h"
#include "report/run_events.h"
#include "report/shift.h"
#include "report/write.h"

namespace o2lab {
namespace {

using testing::SizeIs;

class ProgressTest : public testing::Test {
 protected:
  ~ProgressTest() override { fs::remove_all(dir_); }
  RunProgress begin() {
    RunAsked asked;
    asked.args = {"run", "Fencing.*", "--seed", "7"};
    asked.dir = "/somewhere";
    asked.shard = {1, 3};
    asked.cases = {"Fencing.A"};
    asked.kernels = {{"lab", "abc"}};
    asked.plan = "night";
    return RunProgress(dir_, asked, run_);
  }
  /// The sittings after it, as if another boot had them: their wall offset is larger by `later`.
  void move_last_sitting(Duration later) {
    const std::string text = read_file(dir_ / RunProgress::name);
    const size_t last = text.rfind("{\"sitting\"");
    nlohmann::json line = nlohmann::json::parse(text.substr(last, text.find('\n', last) - last));
    line["sitting"]["wall_offset_ns"] = line["sitting"]["wall_offset_ns"].get<int64_t>() + later.count();
    write_file(dir_ / RunProgress::name,
               text.substr(0, last) + line.dump() + text.substr(text.find('\n', last)));
  }
  fs::path dir_ = make_runtime_dir();
  RunResult run_ = [] {
    RunResult run = example_run();
    run.wall_offset = wall_offset_ns();
    return run;
  }();
};

TEST_F(ProgressTest, IsReadAsItWasWritten) {
  RunProgress progress = begin();
  for (const CaseResult& one : run_.cases) progress.add(one);
  const RunProgress read = RunProgress::read(dir_);
  EXPECT_EQ(read.asked(), progress.asked());
  EXPECT_EQ(results_json(read.run()), results_json(run_));  // bytes that are not UTF-8 are replaced in both
  EXPECT_FALSE(read.ended());
  progress.end();
  EXPECT_TRUE(RunProgress::read(dir_).ended());
}

TEST_F(ProgressTest, LineThatWasCutShortIsNoneAndIsNotInTheWay) {
  begin().add(run_.cases[0]);
  std::ofstream(dir_ / RunProgress::name, std::ios::app) << R"({"case":{"suite":"Fen)";
  RunProgress again = RunProgress::read(dir_);
  EXPECT_THAT(again.run().cases, SizeIs(1));
  again.sit_down(again.next_lab());
  again.add(run_.cases[1]);
  EXPECT_THAT(RunProgress::read(dir_).run().cases, SizeIs(2));
}

TEST_F(ProgressTest, SittingAfterARebootIsOnTheClockOfTheFirst) {
  RunProgress progress = begin();
  const int lab = progress.next_lab();
  progress = RunProgress();
  progress = RunProgress::read(dir_);
  progress.sit_down(lab);
  CaseResult later = run_.cases[0];
  later.lab = lab;
  move_last_sitting(1h);
  progress.add(later);
  const RunProgress read = RunProgress::read(dir_);
  ASSERT_THAT(read.run().cases, SizeIs(1));
  EXPECT_EQ(read.run().cases[0].started, later.started + 1h);
  EXPECT_EQ(file_clock(read.run(), later.folder()), Duration(1h));
  EXPECT_EQ(read.clock_of_lab(lab), Duration(1h));
  EXPECT_EQ(read.clock_of_lab(lab - 1), Duration::zero());

  write_events(dir_ / "events.jsonl", {{later.started, 1, "lab", "before"}});
  write_events(dir_ / fmt::format("events-{}.jsonl", lab), {{later.started, 1, "lab", "after"}});
  std::vector<Event> events;
  EXPECT_EQ(join_events(dir_, events, &read), "");
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[1].at, later.started + 1h);
  EXPECT_EQ(events[1].lab, lab);
  EXPECT_TRUE(lab_event_files(dir_).empty());
  EXPECT_THAT(read_events(dir_), SizeIs(2)) << "joined once";
}

TEST_F(ProgressTest, WhatWasJoinedAlreadyIsNotJoinedAgain) {
  begin();
  write_events(dir_ / "events-1.jsonl", {{Clock::now(), 1, "lab", "one"}});
  const std::string part = read_file(dir_ / "events-1.jsonl");
  std::vector<Event> events;
  join_events(dir_, events);
  write_file(dir_ / "events-1.jsonl", part);  // killed before it was removed
  join_events(dir_, events);
  EXPECT_THAT(events, SizeIs(1));
}

TEST_F(ProgressTest, TheLastWordOnACaseThatHadNoVerdict) {
  RunProgress progress = begin();
  CaseResult one = run_.cases[0];
  one.verdict = Verdict::error;
  progress.add(one);
  one.verdict = Verdict::pass;
  progress.add(one);
  one.seed += 1;  // the next repetition
  progress.add(one);
  const RunProgress read = RunProgress::read(dir_);
  ASSERT_THAT(read.run().cases, SizeIs(2));
  EXPECT_EQ(read.run().cases[0].verdict, Verdict::pass);
}

TEST_F(ProgressTest, CountsHowOftenACaseWasCutShort) {
  RunProgress progress = begin();
  CaseResult one = run_.cases[0];
  const fs::path folder = dir_ / case_dir_name(one.full_name());
  EXPECT_EQ(progress.cut_short(one.full_name()), 0);
  fs::create_directories(folder);
  EXPECT_EQ(progress.cut_short(one.full_name()), 1);
  fs::create_directories(folder.native() + ".2");
  EXPECT_EQ(progress.cut_short(one.full_name()), 2);
  // The second attempt of one whose lab had failed has a verdict.
  one.attempts = 2;
  one.dir = case_dir_name(one.full_name()) + ".2";
  write_case_reports(one, dir_);
  progress.add(one);
  EXPECT_EQ(RunProgress::read(dir_).cut_short(one.full_name()), 0);
}

TEST_F(ProgressTest, OnlyOneProcessIsAtARun) {
  std::optional<RunProgress> first = begin();
  EXPECT_THROW(RunProgress::read(dir_).sit_down(2), Error);
  first.reset();
  EXPECT_NO_THROW(RunProgress::read(dir_).sit_down(2));
}

TEST_F(ProgressTest, NothingToReadIsInput) {
  EXPECT_THROW(RunProgress::read(dir_), Error);
  write_file(dir_ / RunProgress::name, "{\"asked\":");
  EXPECT_THROW(RunProgress::read(dir_), Error);
  write_file(dir_ / RunProgress::name, "{}\n");
  EXPECT_THROW(RunProgress::read(dir_), Error);
}

}  // namespace
}  // namespace o2lab
