// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/error.h"
#include "base/paths.h"
#include "report/example_run.h"
#include "report/run_events.h"
#include "report/write.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class HistoryTest : public testing::Test {
 protected:
  ~HistoryTest() override { fs::remove_all(dir_); }
  RunResult run(int number) {
    RunResult out = example_run();
    out.id = fmt::format("2026112{}T155003Z-3f9a", number);
    out.started += number * 24h;
    return out;
  }
  bool add(RunHistory& history, const RunResult& run) {
    return history.add(run, dir_ / run.id, split_events(run, example_events()));
  }
  fs::path dir_ = make_runtime_dir();
  fs::path file_ = dir_ / "sub" / "history.db";
};

TEST_F(HistoryTest, KeepsWhatARunWas) {
  RunHistory history(file_);
  EXPECT_TRUE(add(history, run(1)));
  const auto cases = history.cases("Fencing.NodeThat*");
  ASSERT_THAT(cases, SizeIs(1));
  EXPECT_EQ(cases[0].name, "Fencing.NodeThatLosesOnlyItsHeartbeatDisk");
  EXPECT_EQ(cases[0].verdict, "fail");
  EXPECT_TRUE(cases[0].failed());
  EXPECT_EQ(cases[0].kernel, "lab 6.1.192-o2lab");
  EXPECT_EQ(cases[0].duration, 25s);
  EXPECT_EQ(cases[0].intervals, run(1).cases[2].intervals);
}

TEST_F(HistoryTest, SameRunTwiceIsThereOnce) {
  RunHistory history(file_);
  EXPECT_TRUE(add(history, run(1)));
  EXPECT_FALSE(add(history, run(1)));
  EXPECT_THAT(history.runs("*"), SizeIs(1));
  EXPECT_THAT(history.cases("*"), SizeIs(6));
}

TEST_F(HistoryTest, EarlierRunsOfAReport) {
  RunHistory history(file_);
  for (const int number : {3, 1, 2, 4}) add(history, run(number));
  const Past past = history.before(run(3));
  ASSERT_THAT(past.runs, SizeIs(2)) << "not itself, nothing later";
  EXPECT_EQ(past.runs[0].id, run(1).id);
  EXPECT_EQ(past.runs[1].failed, 3);
  EXPECT_EQ(past.verdicts.at({"Fencing.TwoNodeSplit", "lab", "three-node"}), "pp");
  EXPECT_EQ(past.verdicts.at({"Storage.AdjacentSectors/0", "lab", "three-node"}), "ee");
  EXPECT_THAT(history.before(run(3), 1).runs, SizeIs(1));
}

TEST_F(HistoryTest, EarlierRunsOfAReportRanTheSame) {
  RunHistory history(file_);
  RunResult debug = run(1), slow = run(2), single = run(3);
  for (CaseResult& one : debug.cases) one.flavour = "debug";
  slow.topology = "kernel-defaults";
  single.cases.resize(1);
  for (const RunResult& one : {debug, slow, single, run(4)}) add(history, one);
  const Past past = history.before(run(5));
  ASSERT_THAT(past.runs, SizeIs(1)) << "neither another kernel, other timeouts, nor a single case";
  EXPECT_EQ(past.runs[0].id, run(4).id);
  EXPECT_EQ(past.verdicts.at({"Heartbeat.EveryNodeSeesEveryOther", "lab", "three-node"}), "pp")
      << "a case of a run by itself is as good as any";
  EXPECT_EQ(past.verdicts.at({"Fencing.TwoNodeSplit", "lab", "three-node"}), "p");
  EXPECT_THAT(past.verdicts, SizeIs(6));
}

TEST_F(HistoryTest, RunsByPattern) {
  RunHistory history(file_);
  for (const int number : {2, 1}) add(history, run(number));
  EXPECT_THAT(history.runs("20261121*"), ElementsAre(run(1).id));
  EXPECT_THAT(history.runs("*"), ElementsAre(run(1).id, run(2).id));
  EXPECT_THAT(history.cases("Fencing.*", "20261122*"), SizeIs(3));
}

TEST_F(HistoryTest, SeveralWritersAtOnceLoseNothing) {
  std::vector<std::thread> writers;
  for (int number = 1; number <= 6; ++number)
    writers.emplace_back([this, number] {
      RunHistory history(file_);
      add(history, run(number));
    });
  for (std::thread& one : writers) one.join();
  EXPECT_THAT(RunHistory(file_).cases("*"), SizeIs(36));
}

TEST_F(HistoryTest, NewerSchemaIsRefusedByName) {
  { RunHistory history(file_); }
  Database(file_).run("PRAGMA user_version = 99");
  try {
    RunHistory history(file_);
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_THAT(error.what(), testing::HasSubstr("newer"));
  }
}

TEST_F(HistoryTest, KeepsKernelReportsByWhatTellsThemApart) {
  RunHistory history(file_);
  for (const int number : {2, 1}) add(history, run(number));
  const auto cases = history.cases("Fencing.NodeThat*", run(2).id);
  ASSERT_THAT(cases, SizeIs(1));
  ASSERT_THAT(cases[0].reports, SizeIs(2));
  EXPECT_EQ(cases[0].reports[1].node, 3);
  EXPECT_EQ(cases[0].reports[1].kind, "lockdep");
  EXPECT_EQ(cases[0].reports[1].fingerprint, fingerprint_of(run(2).cases[2].kernel_reports[1]));
  const int64_t later = cases[0].started_ns + 1;
  const auto seen = history.reports_before(later);
  ASSERT_THAT(seen, SizeIs(1)) << "two nodes and two runs, one report";
  EXPECT_EQ(seen[0].run, run(1).id) << "the oldest run, whenever it was stored";
  EXPECT_THAT(history.reports_before(cases[0].started_ns - 48 * int64_t{3600} * 1000000000), SizeIs(0));
}

TEST_F(HistoryTest, ExpectedFailuresAndHostsAreKept) {
  RunResult one = run(1);
  one.host["name"] = "host7";
  one.cases[2].expected = "known (link)";
  RunHistory history(file_);
  add(history, one);
  EXPECT_EQ(history.cases("Fencing.NodeThat*")[0].expected, "known (link)");
  EXPECT_EQ(history.stored_runs().at(0).host, "host7");
  EXPECT_EQ(history.stored_runs().at(0).ended_ns - history.stored_runs().at(0).started_ns,
            one.duration.count());
}

TEST_F(HistoryTest, EarlierCasesGoBackByCaseAndNotByRun) {
  RunHistory history(file_);
  for (const int number : {1, 2, 3, 4, 5}) {
    RunResult one = run(number);
    if (number > 2) one.cases.resize(1);
    add(history, one);
  }
  const int64_t last = history.stored_runs().back().started_ns;
  const auto runs_of = [&](const std::string& name) {
    std::vector<std::string> out;
    for (const StoredCase& c : history.earlier_cases(last, 2))
      if (c.name == name) out.push_back(c.run);
    return out;
  };
  EXPECT_THAT(runs_of("Heartbeat.EveryNodeSeesEveryOther"), ElementsAre(run(3).id, run(4).id));
  EXPECT_THAT(runs_of("Fencing.TwoNodeSplit"), ElementsAre(run(1).id, run(2).id));
}

TEST_F(HistoryTest, OlderDatabaseGoesOnAndIsCompletedFromItsRuns) {
  const RunResult kept = run(1), gone = run(2);
  fs::create_directories(dir_ / kept.id);
  write_run_reports(kept, split_events(kept, example_events()), dir_ / kept.id);
  {
    RunHistory history(file_);
    add(history, kept);
    add(history, gone);
  }
  {  // as schema 1 had it
    Database db(file_);
    for (const char* undo :
         {"DROP TABLE reports", "ALTER TABLE runs DROP COLUMN host", "ALTER TABLE runs DROP COLUMN whole",
          "ALTER TABLE cases DROP COLUMN expected", "PRAGMA user_version = 1"})
      db.run(undo);
  }
  RunHistory history(file_);
  EXPECT_THAT(history.cases("*"), SizeIs(12));
  EXPECT_FALSE(history.stored_runs().at(0).whole);
  EXPECT_TRUE(add(history, run(3)));
  history.complete();
  history.complete();
  for (const StoredRun& one : history.stored_runs()) EXPECT_TRUE(one.whole) << one.id;
  EXPECT_THAT(history.cases("Fencing.NodeThat*", kept.id).at(0).reports, SizeIs(2));
  EXPECT_THAT(history.cases("Fencing.NodeThat*", gone.id).at(0).reports, SizeIs(0));
  EXPECT_THAT(history.cases("Fencing.NodeThat*", run(3).id).at(0).reports, SizeIs(2));
}

TEST_F(HistoryTest, ImportsARunDirectory) {
  const RunResult one = run(1);
  const fs::path results = dir_ / one.id;
  fs::create_directories(results);
  write_run_reports(one, split_events(one, example_events()), results);
  write_events(results / "events.jsonl", example_events());
  RunHistory history(file_);
  EXPECT_TRUE(import_run(history, results));
  EXPECT_FALSE(import_run(history, results));
  EXPECT_THAT(read_events(results), SizeIs(example_events().size()));
  EXPECT_THROW(import_run(history, dir_ / "nothing"), Error);
}

}  // namespace
}  // namespace o2lab
