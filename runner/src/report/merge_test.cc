// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/paths.h"
#include "report/html.h"
#include "report/junit.h"
#include "report/ktap.h"
#include "report/repetitions.h"
#include "report/shift.h"

namespace o2lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

CaseResult passed(const std::string& name, TimePoint at) {
  CaseResult out;
  out.suite = "S";
  out.name = name;
  out.lab = 1;
  out.started = at;
  out.ended = at + 1s;
  out.artefacts = {{"console", "cases/S." + name + "/node1.console"}};
  return out;
}

MergePart part(const std::string& id, const std::string& kernel, const std::vector<std::string>& names) {
  MergePart out;
  out.dir = "/runs/" + id;
  out.run.id = id;
  out.run.started = from_ns(100'000'000'000);
  out.run.kernel.flavour = kernel;
  out.run.kernel.hash = kernel + "-hash";
  for (const std::string& name : names) out.run.cases.push_back(passed(name, out.run.started + 1s));
  out.events.push_back({out.run.started + 1500ms, 1, "lab", "here", {{"of", id}}, 1});
  return out;
}

std::vector<std::string> names(const RunResult& run) {
  std::vector<std::string> out;
  for (const CaseResult& one : run.cases) out.push_back(one.folder());
  return out;
}

TEST(Merge, ShardsAreOneRun) {
  const MergedRun merged = merge_runs({part("1", "lab", {"A", "C"}), part("2", "lab", {"B"})});
  EXPECT_THAT(names(merged.run), ElementsAre("cases/S.A", "cases/S.C", "cases/S.B"));
  EXPECT_THAT(parts_of(merged.run), SizeIs(2));
  ASSERT_THAT(merged.folders, SizeIs(3));
  EXPECT_EQ(merged.folders[0].first, "/runs/1/cases/S.A");
  EXPECT_THAT(merged.lost, SizeIs(0));
}

TEST(Merge, EachCaseHearsItsOwnHostAlone) {
  std::vector<MergePart> parts{part("1", "lab", {"A"}), part("2", "lab", {"B"})};
  const MergedRun merged = merge_runs(parts);
  const std::vector<CaseEvents> events = split_events(merged.run, merged.events);
  ASSERT_THAT(events, SizeIs(2));
  for (size_t i = 0; i < 2; ++i) {
    ASSERT_THAT(events[i].events, SizeIs(1)) << "the labs of both hosts have the number 1";
    EXPECT_EQ(events[i].events[0].fields["of"], parts[i].run.id);
  }
}

TEST(Merge, HostsWithOtherClocksKeepTheirWallTimes) {
  std::vector<MergePart> parts{part("1", "lab", {"A"}), part("2", "lab", {"B"})};
  parts[1].run.wall_offset = 3'600'000'000'000;
  const MergedRun merged = merge_runs(parts);
  EXPECT_EQ(merged.run.wall(merged.run.cases[1].started), parts[1].run.wall(parts[1].run.cases[0].started));
  EXPECT_EQ(file_clock(merged.run, "cases/S.B"), Duration(1h));
  EXPECT_EQ(merged.events[1].at, parts[1].events[0].at + 1h);
}

TEST(Merge, LegsMayHoldTheSameCase) {
  const MergedRun merged = merge_runs({part("1", "lab", {"A"}), part("2", "debug", {"A"})});
  EXPECT_THAT(names(merged.run), ElementsAre("cases/S.A@lab", "cases/S.A@debug"));
  EXPECT_EQ(leg_of(merged.run.cases[1]), "debug");
  EXPECT_EQ(merged.run.cases[1].artefacts[0].path, "cases/S.A@debug/node1.console");
}

TEST(Merge, TheSameCaseOfTwoLegsIsTwoCasesToOthers) {
  const RunResult run = merge_runs({part("1", "lab", {"A"}), part("2", "debug", {"A"})}).run;
  const std::string xml = junit_xml(run);
  EXPECT_THAT(xml, HasSubstr("classname=\"S@lab\" name=\"A\""));
  EXPECT_THAT(xml, HasSubstr("classname=\"S@debug\" name=\"A\""));
  EXPECT_THAT(xml, HasSubstr("name=\"kernel\" value=\"debug "));
  EXPECT_THAT(ktap(run), HasSubstr("ok 2 S@debug\n"));
  EXPECT_THAT(repetition_lines(run), IsEmpty());
  EXPECT_EQ(told_name(run.cases[1]), "S.A (debug)");
}

TEST(Merge, ThePageNamesEachPart) {
  std::vector<MergePart> parts{part("1", "lab", {"A"}), part("2", "debug", {"A"})};
  for (MergePart& one : parts) one.run.command = "o2lab run --kernel " + one.run.kernel.flavour;
  const MergedRun merged = merge_runs(parts);
  const std::string page = index_html(merged.run, split_events(merged.run, merged.events));
  EXPECT_THAT(page, HasSubstr("<code>o2lab run --kernel lab</code>"));
  EXPECT_THAT(page, HasSubstr("<code>o2lab run --kernel debug</code>"));
  EXPECT_THAT(page, Not(HasSubstr("This repeats the run exactly")));
}

TEST(Merge, RefusesWhatIsThereTwice) {
  EXPECT_THROW(merge_runs({part("1", "lab", {"A"}), part("1", "lab", {"B"})}), Error);
  try {
    merge_runs({part("1", "lab", {"A", "B"}), part("2", "lab", {"B"})});
    FAIL() << "S.B is in both";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("S.B (1 and 2)"));
  }
}

TEST(Merge, NamesWhatIsLost) {
  std::vector<MergePart> parts{part("1", "lab", {"A"})};
  parts[0].asked.leg = "lab-all";
  const MergedRun merged =
      merge_runs(parts, {{"lab-all", "S.B", 1}, {"lab-all", "S.A", 0}, {"debug-all", "S.A", 2}});
  ASSERT_THAT(merged.lost, SizeIs(2));
  EXPECT_THAT(merged.lost[0], HasSubstr("S.B: lost: it was to run in shard 1"));
  EXPECT_THAT(names(merged.run),
              ElementsAre("cases/S.B@lab-all", "cases/S.A@lab-all", "cases/S.A@debug-all"));
  EXPECT_EQ(merged.run.cases[0].verdict, Verdict::error);
  EXPECT_EQ(merged.run.cases[1].verdict, Verdict::pass);
}

TEST(Merge, LostOfWhatThePartsWereAskedFor) {
  std::vector<MergePart> parts{part("1", "lab", {"A"})};
  parts[0].asked.cases = {"S.A", "S.B"};
  EXPECT_THAT(merge_runs(parts).lost, SizeIs(1));
  parts[0].asked.args = {"run", "--gtest_filter=S.A"};
  EXPECT_THAT(merge_runs(parts).lost, SizeIs(0)) << "nobody knows what GoogleTest took";
}

TEST(Merge, TheSamePartsAreTheSameRun) {
  const std::vector<MergePart> parts{part("1", "lab", {"A"}), part("2", "lab", {"B"})};
  EXPECT_EQ(merge_runs(parts).run.id, merge_runs({parts[1], parts[0]}).run.id);
  EXPECT_NE(merge_runs(parts).run.id, merge_runs({parts[0]}).run.id);
}

TEST(Merge, AVerdictInItsFolderPointsThere) {
  const fs::path dir = make_runtime_dir();
  std::vector<MergePart> parts{part("1", "lab", {"A"}), part("2", "debug", {"A"})};
  parts[1].run.wall_offset = 3'600'000'000'000;
  const RunResult run = merge_runs(parts).run;
  const fs::path folder = dir / run.cases[1].folder(), own = dir / "own.json";
  fs::create_directories(folder);
  write_file(own, "of the part");
  fs::create_hard_link(own, folder / "verdict.json");
  write_merged_verdicts(run, dir);
  const auto verdict = nlohmann::json::parse(read_file(folder / "verdict.json"));
  EXPECT_EQ(verdict["dir"], "cases/S.A@debug");
  EXPECT_EQ(verdict["artefacts"][0]["path"], "cases/S.A@debug/node1.console");
  EXPECT_EQ(verdict["started_ns"], to_ns(parts[1].run.cases[0].started)) << "by the clock of its other files";
  EXPECT_EQ(read_file(own), "of the part");
  fs::remove_all(dir);
}

class MergedHistory : public testing::Test {
 protected:
  ~MergedHistory() override { fs::remove_all(dir_); }
  fs::path dir_ = make_runtime_dir();
  RunHistory history_{dir_ / "history.db"};
};

TEST_F(MergedHistory, HasEachCaseOnceHoweverOftenItIsMerged) {
  const std::vector<MergePart> parts{part("1", "lab", {"A"}), part("2", "debug", {"A"})};
  for (const MergePart& one : parts) history_.add(one.run, one.dir, {});
  const RunResult run = merge_runs(parts).run;
  EXPECT_TRUE(add_merged(history_, run, dir_, {}, {"1", "2"}));
  EXPECT_THAT(history_.cases("*"), SizeIs(2));
  EXPECT_THAT(history_.runs("*"), testing::UnorderedElementsAre(run.id + "-lab", run.id + "-debug"));
  EXPECT_EQ(history_.cases("*", run.id + "-debug")[0].kernel_hash, "debug-hash");
  EXPECT_FALSE(add_merged(history_, run, dir_, {}));
  EXPECT_TRUE(add_merged(history_, run, dir_, {}, history_.runs(run.id + "-*")));
  EXPECT_THAT(history_.cases("*"), SizeIs(2));
}

TEST_F(MergedHistory, ADirectoryIsStoredLegByLegWhoeverNamesIt) {
  RunResult run = merge_runs({part("1", "lab", {"A"}), part("2", "debug", {"A"})}).run;
  EXPECT_TRUE(import_run(history_, run, dir_));
  EXPECT_THAT(history_.runs(run.id + "-*"), SizeIs(2));
  run.statistics = nullptr;
  run.id = "one";
  EXPECT_TRUE(import_run(history_, run, dir_));
  EXPECT_THAT(history_.runs("one*"), ElementsAre("one"));
}

TEST_F(MergedHistory, EarlierRunsOfAMergedOneAreCountedWholeAndLegByLeg) {
  const auto night = [](const std::string& id, int64_t day, Verdict of_debug) {
    std::vector<MergePart> parts{part(id + "1", "lab", {"A", "B"}), part(id + "2", "debug", {"A", "B"})};
    parts[1].run.cases[0].verdict = of_debug;
    for (MergePart& one : parts) one.run.wall_offset = day * 86'400'000'000'000;
    return merge_runs(parts).run;
  };
  const RunResult first = night("a", 1, Verdict::fail), now = night("b", 2, Verdict::pass);
  add_merged(history_, first, dir_ / first.id, {});
  const Past past = history_.before(now);
  ASSERT_THAT(past.runs, SizeIs(1));
  EXPECT_EQ(past.runs[0].id, first.id);
  EXPECT_EQ(past.runs[0].passed, 3);
  EXPECT_EQ(past.runs[0].failed, 1);
  const std::vector<CaseKey> keys = keys_of(now);
  EXPECT_EQ(past.verdicts.at(keys[0]), "p") << "what debug did is no news of lab";
  EXPECT_EQ(past.verdicts.at(keys[2]), "f");
}

}  // namespace
}  // namespace o2lab
