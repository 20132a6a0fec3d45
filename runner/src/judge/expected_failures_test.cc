// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/expected_failures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "report/junit.h"
#include "report/ktap.h"
#include "report/summary_line.h"

namespace o2lab {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using testing::HasSubstr;
using testing::Not;

constexpr ExpectedFailures::Day kToday{year{2026}, month{11}, day{23}};
constexpr const char* kEntry =
    "[[expected]]\ncase = \"Fencing.*\"\nreason = \"loses a race\"\nlink = \"https://example.org/1\"\n";

ExpectedFailures read(const std::string& text) {
  const fs::path file = fs::path(testing::TempDir()) / "expected_failures_test.toml";
  write_file(file, text);
  return {file, {"Fencing.Hung", "Failover.Kill"}, kToday};
}

std::string refused(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    return error.what();
  }
  return "not refused";
}

CaseResult result(Verdict verdict, const std::string& name = "Hung") {
  CaseResult out;
  out.suite = name == "Hung" ? "Fencing" : "Failover";
  out.name = name;
  out.flavour = "lab";
  out.verdict = verdict;
  if (verdict == Verdict::fail) out.failure = FailureClass::kernel;
  if (verdict == Verdict::error) out.failure = FailureClass::infra;
  if (verdict != Verdict::pass) out.messages.push_back({"what it said", "", 0});
  return out;
}

CaseResult judged(const std::string& text, CaseResult one) {
  read(text).judge(one);
  return one;
}

TEST(ExpectedFailures, FailureCountsAsExpected) {
  const CaseResult one = judged(kEntry + std::string("expires = 2026-11-23\n"), result(Verdict::fail));
  EXPECT_TRUE(one.failed_as_expected());
  EXPECT_FALSE(one.failed());
  EXPECT_TRUE(one.showed()) << "a failure rate counts it";
  EXPECT_EQ(one.expected, "loses a race (https://example.org/1)");
  const Counts counts = count({one, result(Verdict::pass, "Kill")});
  EXPECT_EQ(summary_line(counts), "1 passed, 0 failed, 0 skipped, 1 failed as expected");
  RunResult run;
  run.cases = {one};
  EXPECT_THAT(ktap(run), HasSubstr("not ok 1 Hung # TODO loses a race (https://example.org/1)\n"));
  EXPECT_THAT(ktap(run), HasSubstr("\nok 1 Fencing\n")) << "the suite did not fail";
  EXPECT_THAT(junit_xml(run), HasSubstr("<skipped message=\"expected to fail: loses a race"));
  EXPECT_THAT(junit_xml(run), HasSubstr("failures=\"0\" errors=\"0\" skipped=\"1\""));
  EXPECT_THAT(junit_xml(run), HasSubstr("what it said")) << "how it failed is still told";
}

TEST(ExpectedFailures, APassFailsTheRun) {
  const CaseResult one = judged(kEntry + std::string("expires = 2027-01-01\n"), result(Verdict::pass));
  EXPECT_TRUE(one.failed());
  EXPECT_FALSE(one.failed_as_expected());
  EXPECT_FALSE(one.showed());
  EXPECT_THAT(one.reason(),
              HasSubstr(":1: passed, though expected to fail: take the entry out: loses a race"));
  EXPECT_EQ(count({one}).failed, 1);
}

TEST(ExpectedFailures, APastDayFailsTheRunWhateverTheCaseDid) {
  const std::string entry = kEntry + std::string("expires = 2026-11-22\n");
  for (const Verdict verdict : {Verdict::pass, Verdict::fail}) {
    const CaseResult one = judged(entry, result(verdict));
    EXPECT_TRUE(one.failed());
    EXPECT_THAT(one.reason(),
                HasSubstr(":1: expected to fail until 2026-11-22, which is over: loses a race"));
    EXPECT_EQ(one.showed(), verdict == Verdict::fail);
  }
}

TEST(ExpectedFailures, AFailureOfTheLabOrASkipIsNeitherExpectedNorCured) {
  const std::string entry = kEntry + std::string("expires = 2027-01-01\n");
  EXPECT_TRUE(judged(entry, result(Verdict::error)).failed());
  EXPECT_EQ(judged(entry, result(Verdict::skip)), result(Verdict::skip));
}

TEST(ExpectedFailures, NameAndKernelMustMatch) {
  const std::string entry = kEntry + std::string("expires = 2027-01-01\n");
  EXPECT_EQ(judged(entry, result(Verdict::fail, "Kill")), result(Verdict::fail, "Kill"));
  EXPECT_TRUE(judged(entry + "kernel = \"debug\"\n", result(Verdict::fail)).failed());
  EXPECT_FALSE(judged(entry + "kernel = \"lab\"\n", result(Verdict::fail)).failed());
  CaseResult prefix = result(Verdict::fail);
  prefix.flavour = "lab@none";
  EXPECT_FALSE(judged(entry + "kernel = \"lab@none\"\n", prefix).failed());
  EXPECT_TRUE(judged(entry + "kernel = \"lab\"\n", prefix).failed());
}

TEST(ExpectedFailures, TheResultSurvivesItsJson) {
  CaseResult one = judged(kEntry + std::string("expires = 2027-01-01\n"), result(Verdict::pass));
  one.started = one.ended = from_ns(5);
  EXPECT_EQ(nlohmann::json(one).get<CaseResult>(), one);
}

TEST(ExpectedFailures, WhatIsMissingOrMisspeltIsSaidWithItsLine) {
  const std::string all = kEntry + std::string("expires = 2027-01-01\n");
  EXPECT_THAT(refused(kEntry), HasSubstr("_test.toml:1: expires = YYYY-MM-DD is missing"));
  EXPECT_THAT(refused(kEntry + std::string("expires = \"2027-01-01\"\n")), HasSubstr("no quotes"));
  EXPECT_THAT(refused("[[expected]]\ncase = \"Fencing.*\"\nlink = \"x\"\nexpires = 2027-01-01\n"),
              HasSubstr("reason = \"...\" is missing"));
  EXPECT_THAT(refused("\n" + all + "kernels = \"lab\"\n"), HasSubstr(":2: kernels: use case, kernel"));
  EXPECT_THAT(
      refused("[[expected]]\ncase = \"Gone.*\"\nreason = \"r\"\nlink = \"l\"\nexpires = 2027-01-01\n"),
      HasSubstr(":1: no case is named Gone.*: take the entry out"));
  EXPECT_THAT(refused("case = \"x\"\n"), HasSubstr(":1: only [[expected]] tables go here"));
  EXPECT_THAT(refused("[[expected]\n"), HasSubstr("_test.toml:1: "));
  EXPECT_EQ(refused("# nothing yet\n"), "not refused");
}

}  // namespace
}  // namespace o2lab
