// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/bug.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "judge/bug_trial.h"
#include "judge/case_spec.h"

namespace o2lab {
namespace {

void nothing(Lab&) {}
const bool kRegistered = [] {
  CaseSpec spec;
  spec.suite = "BugTest";
  spec.name = "Shows";
  return register_case(spec, &nothing, {});
}();

constexpr const char* kWhole = R"(
title = "a title"
source = ["CVE-1"]
case = "BugTest.Shows"
kernels = ["debug", "lab"]
[symptom]
verdict = "stuck for [0-9]+ s"
console = "^BUG: "
[bad]
series_end = "none"
[good]
[expect]
rate = 0.25
one_run = "40 s"
)";

Bug parse(const std::string& text) {
  EXPECT_TRUE(kRegistered);
  return parse_bug(text, "/nowhere/some-bug/bug.toml");
}

std::string refusal(const std::string& from, const std::string& to) {
  std::string text = kWhole;
  text.replace(text.find(from), from.size(), to);
  try {
    parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    return error.what();
  }
  return "nothing";
}

TEST(Bug, IsRead) {
  const Bug bug = parse(kWhole);
  EXPECT_EQ(bug.id, "some-bug");
  EXPECT_EQ(bug.kernels, (std::vector<std::string>{"debug", "lab"}));
  EXPECT_EQ(bug.bad.what(), "the source");
  EXPECT_EQ(bug.good.what(), "the series");
  EXPECT_EQ(bug.one_run, 40s);
}

TEST(Bug, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_EQ(refusal("title = ", "titel = "),
            "/nowhere/some-bug/bug.toml:2: titel: unknown table or key; known are title, source, case, "
            "kernels, [symptom], [bad], [good], [expect]");
  EXPECT_EQ(refusal("rate = 0.25", "rate = 0"),
            "/nowhere/some-bug/bug.toml:13: expect.rate: 0 is out of range 0.0001..1");
  EXPECT_NE(refusal("BugTest.Shows", "BugTest.No").find("BugTest.No: there is no such case"),
            std::string::npos);
  EXPECT_NE(refusal("\"^BUG: \"", "\"(\"").find("symptom.console: is no regular expression"),
            std::string::npos);
  EXPECT_NE(refusal("[good]", "[good]\nseries_end = \"none\"").find("good: is the same kernel as [bad]"),
            std::string::npos);
  EXPECT_NE(refusal("[good]", "[good]\npatches = [\"no.patch\"]").find("no.patch: no such file"),
            std::string::npos);
  EXPECT_NE(refusal("verdict = \"stuck for [0-9]+ s\"\nconsole = \"^BUG: \"", "")
                .find("nothing would show the bug"),
            std::string::npos);
}

TEST(Bug, RunsUntilItWouldHaveShown) {
  Bug bug;
  bug.rate = 1;
  EXPECT_EQ(bug.runs_until_sure(), 3) << "one miss is not enough to say that it is not there";
  bug.rate = 0.5;
  EXPECT_EQ(bug.runs_until_sure(), 7);  // 0.5^7 = 0.0078
  bug.rate = 0.0001;
  EXPECT_EQ(bug.runs_until_sure(), 10000);
}

CaseResult failed(const std::string& text) {
  CaseResult out;
  out.verdict = Verdict::fail;
  out.failure = FailureClass::expectation;
  out.messages.push_back({text, "", 0});
  return out;
}

TEST(Bug, OnlyAFailureWithItsLineShowsIt) {
  const Bug bug = parse(kWhole);
  EXPECT_EQ(symptom_in(bug, failed("first\nnode2 stuck for 12 s"), "/nowhere"), "node2 stuck for 12 s");
  EXPECT_FALSE(symptom_in(bug, failed("something else"), "/nowhere"));
  CaseResult passed;
  passed.messages.push_back({"stuck for 12 s", "", 0});
  EXPECT_FALSE(symptom_in(bug, passed, "/nowhere"));
  CaseResult report = failed("x");
  report.kernel_reports.push_back({2, {}, "bug", "BUG: a", "[  1.0] here\nBUG: a\n"});
  EXPECT_EQ(symptom_in(bug, report, "/nowhere"), "BUG: a");
}

TEST(BugTrial, CountsWhatShowsAndTurnsItIntoAPass) {
  BugTrial trial(parse(kWhole), true);
  const CaseResult shown = trial.take(true, failed("stuck for 1 s"), "/nowhere");
  EXPECT_EQ(shown.verdict, Verdict::pass);
  EXPECT_EQ(shown.messages.front().text, "the bug shows, as it should on this kernel: stuck for 1 s");
  EXPECT_FALSE(trial.needs(true)) << "it has shown";
  // At one run in four, 17 show it with 99 %: so many must be clean.
  for (int run = 0; run < 17; ++run) {
    EXPECT_EQ(trial.answer(), BugTrial::Answer::not_told) << run;
    EXPECT_TRUE(trial.needs(false)) << run;
    trial.take(false, CaseResult(), "/nowhere");
  }
  EXPECT_TRUE(trial.answered());
  EXPECT_EQ(trial.exit_code(), 0);
  EXPECT_EQ(trial.verdict(),
            "reproduced: some-bug: 1 of 1 runs, 100 % [2.5 to 100 %] on the source; 0 of 17 runs, 0 % [0 to "
            "25.4 %] on the series");
}

TEST(BugTrial, AnotherFailureIsNotTheBugAndAnErrorIsNoRun) {
  BugTrial trial(parse(kWhole), false);
  EXPECT_EQ(trial.take(true, failed("another"), "/nowhere").verdict, Verdict::fail);
  CaseResult error = failed("lab broke");
  error.verdict = Verdict::error;
  trial.take(true, error, "/nowhere");
  EXPECT_EQ(trial.exit_code(), 3);
  EXPECT_EQ(trial.tally(true).trials(), 1);
  EXPECT_EQ(trial.tally(true).text(Sampling::fixed),
            "0 of 1 runs, 0 % [0 to 79.3 %], 1 failed otherwise: CASE: another, 1 without a verdict");
}

TEST(BugTrial, TheGoodKernelMustNotShowIt) {
  BugTrial trial(parse(kWhole), true);
  trial.take(true, failed("stuck for 1 s"), "/nowhere");
  EXPECT_EQ(trial.take(false, failed("stuck for 2 s"), "/nowhere").verdict, Verdict::fail);
  EXPECT_EQ(trial.exit_code(), 1);
  EXPECT_TRUE(trial.answered());
  EXPECT_NE(trial.verdict().find("reproduced, but the good kernel is not clean: "), std::string::npos);
}

TEST(BugTrial, NotReproducedTakesAsManyRunsAsWouldHaveShownIt) {
  BugTrial trial(parse(kWhole), false);
  for (int run = 0; run < 16; ++run) trial.take(true, CaseResult(), "/nowhere");
  EXPECT_TRUE(trial.needs(true));
  EXPECT_EQ(trial.exit_code(), 3);
  EXPECT_NE(trial.verdict().find("cannot tell: "), std::string::npos);
  trial.take(true, CaseResult(), "/nowhere");
  EXPECT_TRUE(trial.answered());
  EXPECT_EQ(trial.exit_code(), 1);
  EXPECT_NE(trial.verdict().find("not reproduced: "), std::string::npos);
}

TEST(BugTrial, RunsThatAreLostAreNoAnswer) {
  BugTrial trial(parse(kWhole), true);
  CaseResult error = failed("lab broke");
  error.verdict = Verdict::error;
  for (int run = 0; run < 3; ++run) {
    EXPECT_TRUE(trial.needs(true)) << run;
    trial.take(true, error, "/nowhere");
  }
  EXPECT_FALSE(trial.needs(true)) << "a lab that breaks each time is given up";
  EXPECT_EQ(trial.exit_code(), 3);
  EXPECT_NE(trial.verdict().find("cannot tell: some-bug: none of 3 runs came to a verdict"),
            std::string::npos);
}

TEST(BugTrial, AFixedNumberIsRunWhateverShows) {
  BugTrial trial(parse(kWhole), true, 2);
  for (int run = 0; run < 2; ++run) {
    EXPECT_TRUE(trial.needs(true) && trial.needs(false)) << run;
    trial.take(true, failed("stuck for 1 s"), "/nowhere");
    trial.take(false, CaseResult(), "/nowhere");
  }
  EXPECT_TRUE(trial.answered());
  EXPECT_EQ(trial.exit_code(), 0);
  EXPECT_NE(trial.verdict().find("17 runs would be needed to be 99 % sure"), std::string::npos);
}

}  // namespace
}  // namespace o2lab
