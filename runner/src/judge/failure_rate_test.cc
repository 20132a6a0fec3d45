// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/failure_rate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/json.h"
#include "report/repetitions.h"

namespace o2lab {
namespace {

using Answer = RateQuestion::Answer;
using testing::ElementsAre;
using testing::HasSubstr;

CaseResult result(Verdict verdict, const std::string& kernel = "lab") {
  CaseResult out;
  out.suite = "Fencing";
  out.name = "Hung";
  out.flavour = kernel;
  out.verdict = verdict;
  return out;
}

TEST(FailureRate, CountsOnlyWhatSaysSomethingOfTheKernel) {
  FailureRate rate;
  EXPECT_EQ(text_of(rate), "no verdict");
  for (const Verdict verdict : {Verdict::error, Verdict::skip, Verdict::pass, Verdict::fail})
    rate.add(result(verdict));
  CaseResult expected = result(Verdict::fail);
  expected.expected = "known";
  rate.add(expected);
  expected.came_round = true;
  rate.add(expected);
  EXPECT_EQ(rate.ran, 4);
  EXPECT_EQ(rate.failed, 2);
}

TEST(FailureRate, TextHasTheIntervalInTwoDigits) {
  EXPECT_EQ(text_of({20, 3}), "3 of 20 failed, 15 % [5.2-36]");
  EXPECT_EQ(text_of({20, 0}), "0 of 20 failed, 0 % [0-16]");
  EXPECT_EQ(text_of({5, 5}), "5 of 5 failed, 100 % [57-100]");
  EXPECT_EQ(text_of({1000, 2}), "2 of 1000 failed, 0.2 % [0.055-0.73]");
}

TEST(FailureRate, WhereTheOutcomeEndedItTheIntervalIsOneThatBearsThat) {
  // Wilson at 95 % covers 79 to 89 % of the time where the sample ends at the first failure.
  EXPECT_EQ(text_of({1, 1}, Sampling::outcome), "1 of 1 failed, 100 % [2.5-100]");
  EXPECT_EQ(text_of({20, 0}, Sampling::outcome), "0 of 20 failed, 0 % [0-22]");
  RunResult run;
  run.cases = {result(Verdict::pass), result(Verdict::fail)};
  const std::string fixed = repetition_lines(run).front();
  run.statistics["sampling"] = "outcome";
  EXPECT_NE(repetition_lines(run).front(), fixed);
  EXPECT_THAT(repetitions_html(run), HasSubstr("confidence sequence"));
  const auto stored = nlohmann::json::parse(results_json(run));
  EXPECT_FALSE(stored["rates"][0].contains("wilson_95"));
  EXPECT_TRUE(stored["rates"][0].contains("confidence_sequence_95"));
}

/// How often an interval at 95 % misses `rate`, where each sample ends with its first failure or after 40.
double missed(double rate, Sampling sampling) {
  double out = 0;
  double none = 1;  // probability of no failure so far
  for (int64_t n = 1; n <= 40; ++n) {
    const Range hit = interval_of({n, 1}, sampling);
    if (hit.low > rate || hit.high < rate) out += none * rate;
    none *= 1 - rate;
  }
  const Range never = interval_of({40, 0}, sampling);
  return out + (never.high < rate ? none : 0);
}

TEST(FailureRate, TheIntervalCoversTheRateThatItSaysThoughTheFirstFailureEndsIt) {
  double worst_wilson = 0;
  for (double rate = 0.02; rate < 0.99; rate += 0.01) {
    EXPECT_LE(missed(rate, Sampling::outcome), 0.05) << rate;
    worst_wilson = std::max(worst_wilson, missed(rate, Sampling::fixed));
  }
  EXPECT_GT(worst_wilson, 0.1) << "or there would be no need of it";
}

TEST(FailureRate, OnlyWhatWasRepeatedIsShownEachKernelByItself) {
  RunResult run;
  run.cases = {result(Verdict::pass)};
  EXPECT_TRUE(repetition_lines(run).empty());
  EXPECT_EQ(repetitions_html(run), "");
  run.cases.push_back(result(Verdict::fail));
  EXPECT_THAT(repetition_lines(run), ElementsAre("Fencing.Hung: 1 of 2 failed, 50 % [9.5-91]"));
  EXPECT_THAT(repetitions_html(run), HasSubstr("<li>Fencing.Hung: 1 of 2 failed, 50 % [9.5-91]</li>"));
  for (int i = 0; i < 3; ++i) run.cases.push_back(result(Verdict::pass, "lab@none"));
  run.answers = {"an answer"};
  EXPECT_THAT(repetition_lines(run),
              ElementsAre("an answer", "Fencing.Hung on lab: 1 of 2 failed, 50 % [9.5-91]",
                          "Fencing.Hung on lab@none: 0 of 3 failed, 0 % [0-56]"));
  const auto stored = nlohmann::json::parse(results_json(run));
  EXPECT_EQ(stored["rates"][0]["failed"], 1);
  EXPECT_EQ(stored["rates"][1]["kernel"], "lab@none");
  EXPECT_NEAR(stored["rates"][0]["wilson_95"][1].get<double>(), 0.9055, 1e-4);
  EXPECT_EQ(stored.get<RunResult>().answers, run.answers) << "a report written again shows them too";
}

TEST(RateQuestion, BelowAndAbove) {
  RateQuestion question({.confidence = 0.95, .within = 0.1, .rate = 0.05});
  question.expect("Fencing.Hung");
  int trials = 0;
  for (; !question.answered(); ++trials) question.add(result(Verdict::pass));
  EXPECT_EQ(trials, 116);
  EXPECT_THAT(question.texts(), ElementsAre("Fencing.Hung: 0 of 116 failed, below 5 % with 95 % confidence"));
  EXPECT_EQ(question.exit_code(), 0);
  RateQuestion other({.confidence = 0.95, .within = 0.1, .rate = 0.05});
  for (trials = 0; trials == 0 || !other.answered(); ++trials) other.add(result(Verdict::fail));
  EXPECT_EQ(trials, 2);
  EXPECT_EQ(other.answer("Fencing.Hung"), Answer::above);
  EXPECT_EQ(other.exit_code(), 1);
  EXPECT_EQ(other.json()["cases"][0]["answer"], "above");
}

TEST(RateQuestion, Narrow) {
  RateQuestion question({.confidence = 0.95, .within = 0.1, .rate = {}});
  int trials = 0;
  for (; trials == 0 || !question.answered(); ++trials) question.add(result(Verdict::pass));
  EXPECT_GT(trials, 10);
  EXPECT_LT(trials, 40);
  EXPECT_EQ(question.answer("Fencing.Hung"), Answer::narrow);
  EXPECT_FALSE(question.exit_code()) << "failures decide, as without a question";
}

TEST(RateQuestion, IsOfEveryCaseThatIsGoingToRun) {
  RateQuestion question({.confidence = 0.95, .within = 0.49, .rate = {}});
  question.expect("Fencing.Hung");
  question.expect("Fencing.Other");
  question.add(result(Verdict::pass));
  EXPECT_EQ(question.answer("Fencing.Hung"), Answer::narrow);
  EXPECT_FALSE(question.answered());
  CaseResult other = result(Verdict::fail);
  other.name = "Other";
  question.add(other);
  EXPECT_TRUE(question.answered());
}

TEST(RateQuestion, ALabThatBreaksEachTimeIsNotWaitedForForEver) {
  RateQuestion question({.confidence = 0.95, .within = 0.1, .rate = 0.05});
  question.add(result(Verdict::error));
  question.add(result(Verdict::error));
  EXPECT_FALSE(question.answered());
  question.add(result(Verdict::pass));
  for (int i = 0; i < 3; ++i) question.add(result(Verdict::error));
  EXPECT_EQ(question.answer("Fencing.Hung"), Answer::no_verdict);
  EXPECT_TRUE(question.answered());
  EXPECT_EQ(question.exit_code(), 1);
}

}  // namespace
}  // namespace o2lab
