// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "cluster/topology.h"
#include "report/example_run.h"
#include "report/json.h"
#include "report/summary_line.h"
#include "report/write.h"

namespace o2lab {
namespace {

using testing::HasSubstr;

/// A folder of its own, gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "o2lab-report-XXXXXX").native();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST(Result, SurvivesJsonUnchanged) {
  const RunResult run = example_run();
  EXPECT_EQ(
      nlohmann::json::parse(nlohmann::json(run).dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore))
          .get<RunResult>()
          .cases.size(),
      6U);
  RunResult plain = run;
  plain.cases[2].console_tail = "only UTF-8 survives a file: \xC3\xA9";
  EXPECT_EQ(nlohmann::json::parse(results_json(plain)).get<RunResult>(), plain);
  EXPECT_EQ(nlohmann::json(RunResult{}).get<RunResult>(), RunResult{});
}

TEST(Result, IntervalHoldsBothBoundsInclusive) {
  EXPECT_TRUE(make_interval("x", 4s, 4s, 6s).ok);
  EXPECT_TRUE(make_interval("x", 6s, 4s, 6s).ok);
  EXPECT_FALSE(make_interval("x", 6s + 1ns, 4s, 6s).ok);
  EXPECT_FALSE(make_interval("x", 4s - 1ns, 4s, 6s).ok);
  EXPECT_TRUE(make_interval("x", 0s, std::nullopt, std::nullopt).ok);
  EXPECT_FALSE(make_interval("x", std::nullopt, std::nullopt, std::nullopt).ok);
}

TEST(Result, ReasonIsOneLineWithItsClass) {
  const RunResult run = example_run();
  EXPECT_EQ(run.cases[2].reason(),
            "KERNEL: node 1: WARNING: inconsistent lock state (while: waiting for node2 to fence)");
  EXPECT_EQ(run.cases[3].reason(), "needs kernel flavour debug");
  EXPECT_EQ(run.cases[0].reason(), "");
  EXPECT_EQ(run.cases[2].messages[0].place(), "cases/fencing.cc:31");
}

TEST(Result, CaseFolderHasNoSlashesOfTheName) {
  EXPECT_EQ(case_dir_name("All/Storage.Adjacent/0"), "cases/All_Storage.Adjacent_0");
}

TEST(Result, TimeoutsInForceStandInTheVerdict) {
  CaseResult c = example_run().cases[2];
  Topology topology;
  topology.name = "kernel-defaults";
  topology.dead_threshold = 31;
  topology.idle_timeout = 30s;
  topology.reconnect_delay = 500ms;
  topology.heartbeat_mode = HeartbeatMode::user;
  c.cluster = in_force(topology, 2);
  const nlohmann::json verdict = nlohmann::json::parse(verdict_json(c));
  EXPECT_EQ(verdict["cluster"],
            nlohmann::json::parse(R"({"topology":"kernel-defaults","nodes":2,"mode":"user",
    "dead_threshold":31,"heartbeat_s":2.0,"idle_ms":30000,"keepalive_ms":1000,"reconnect_ms":500})"));
  EXPECT_EQ(nlohmann::json(c).get<CaseResult>(), c);
  EXPECT_EQ(c.cluster->timeouts(), "user mode, threshold 31, idle 30 s");
}

TEST(Result, WallTimeComesFromTheStoredOffset) {
  const RunResult run = example_run();
  EXPECT_EQ(run.wall(run.started), "2026-11-22T15:50:03.123Z");
  EXPECT_EQ(run.wall(run.started + 57s), "2026-11-22T15:51:00.123Z");
}

TEST(Json, ErrorsCountAsFailedInTheLine) {
  const nlohmann::json results = nlohmann::json::parse(results_json(example_run()));
  EXPECT_EQ(results["summary"]["line"], "2 passed, 3 failed, 1 skipped");
  EXPECT_EQ(results["summary"]["errors"], 1);
  EXPECT_EQ(results["seed"], 18'446'744'073'709'551'615U);
}

TEST(Json, RunHasNoCasesAndACaseItsOwnFiles) {
  EXPECT_FALSE(nlohmann::json::parse(run_json(example_run())).contains("cases"));
  const CaseResult fence = example_run().cases[2];
  const nlohmann::json timing = nlohmann::json::parse(timing_json(fence));
  EXPECT_EQ(timing["case"], "Fencing.NodeThatLosesOnlyItsHeartbeatDisk");
  EXPECT_EQ(timing["intervals"].size(), 3U);
  EXPECT_TRUE(timing["intervals"][2]["measured_ns"].is_null());
  const nlohmann::json verdict = nlohmann::json::parse(verdict_json(fence));
  EXPECT_EQ(verdict["verdict"], "fail");
  EXPECT_EQ(verdict["failure_class"], "KERNEL");
}

TEST(Json, WritesAndReadsARunDirectory) {
  const Folder folder;
  const RunResult run = example_run();
  write_run_reports(run, split_events(run, example_events()), folder.path());
  for (const char* name : {"run.json", "results.json", "results.ktap", "junit.xml", "index.html"})
    EXPECT_GT(fs::file_size(folder.path() / name), 100U) << name;
  EXPECT_EQ(read_results(folder.path()).cases.size(), 6U);
  for (const CaseResult& c : run.cases) write_case_reports(c, folder.path());
  EXPECT_TRUE(fs::exists(folder.path() / "cases/Storage.AdjacentSectors_0/verdict.json"));
}

TEST(Json, OneFileThatCannotBeWrittenLeavesTheOthers) {
  const Folder folder;
  fs::create_directory(folder.path() / "junit.xml");
  try {
    write_run_reports(example_run(), split_events(example_run(), {}), folder.path());
    FAIL() << "wrote over a folder";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::infra);
    EXPECT_THAT(error.what(), HasSubstr("junit.xml: "));
  }
  EXPECT_TRUE(fs::exists(folder.path() / "index.html"));
}

TEST(Json, RefusesWhatIsNoResult) {
  const Folder folder;
  const auto error_of = [&](const char* text) -> std::string {
    write_file(folder.path() / "results.json", text);
    try {
      read_results(folder.path());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      return error.what();
    }
    return "read";
  };
  EXPECT_THAT(error_of("{"), HasSubstr("results.json: not a results.json of this program"));
  EXPECT_THAT(error_of("{}"), HasSubstr("schema"));
  EXPECT_THAT(error_of("{\"schema\": 99}"), HasSubstr("schema 99, this program reads 1"));
  EXPECT_THROW(read_results("/nowhere"), Error);
}

}  // namespace
}  // namespace o2lab
