// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/kernel_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace o2lab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

CaseResult result(Verdict verdict) {
  CaseResult out;
  out.verdict = verdict;
  return out;
}

KernelComparison made(bool until_confident, double confidence = 0.95) {
  return KernelComparison(
      {.a = "lab@none", .b = "lab", .until_confident = until_confident, .confidence = confidence});
}

TEST(KernelComparison, SaysBothRatesAndHowSureItIs) {
  KernelComparison comparison = made(false);
  for (int i = 0; i < 600; ++i) {
    if (i < 200) comparison.add(i, 0, result(i < 3 ? Verdict::fail : Verdict::pass));
    comparison.add(i, 1, result(Verdict::pass));
  }
  EXPECT_EQ(comparison.text(), "3 of 200 on lab@none, 0 of 600 on lab, 98.4 %");
  EXPECT_TRUE(comparison.differ());
  EXPECT_EQ(comparison.json()["kernels"][0]["failed"], 3);
  EXPECT_EQ(comparison.json()["test"], "fisher");
}

TEST(KernelComparison, NeverSaysHundredPercent) {
  KernelComparison comparison = made(false);
  for (int i = 0; i < 60; ++i) {
    comparison.add(i, 0, result(Verdict::fail));
    comparison.add(i, 1, result(Verdict::pass));
  }
  EXPECT_EQ(comparison.text(), "60 of 60 on lab@none, 0 of 60 on lab, 99.9 %");
}

TEST(KernelComparison, StopsOnceTheyDiffer) {
  KernelComparison comparison = made(true);
  int pairs = 0;
  for (; !comparison.answered(); ++pairs) {
    comparison.add(pairs, 1, result(Verdict::pass));
    comparison.add(pairs, 0, result(Verdict::fail));
  }
  EXPECT_LE(pairs, 8);
  EXPECT_THAT(comparison.text(),
              StartsWith(fmt::format("{0} of {0} on lab@none, 0 of {0} on lab, 9", pairs)));
}

TEST(KernelComparison, StopsOnceTheyAreAlike) {
  KernelComparison comparison = made(true);
  int pairs = 0;
  for (; !comparison.answered(); ++pairs)
    for (const size_t kernel : {0, 1}) comparison.add(pairs, kernel, result(Verdict::pass));
  EXPECT_TRUE(comparison.alike());
  EXPECT_FALSE(comparison.differ());
  EXPECT_GT(pairs, 40);
  EXPECT_LT(pairs, 80);
  EXPECT_THAT(comparison.text(), HasSubstr("0 % that they differ, 95 % that by no more than 10 points"));
}

TEST(KernelComparison, EvidenceDoesNotDependOnWhichTrialEndsFirst) {
  KernelComparison in_turn = made(true);
  KernelComparison mixed = made(true);
  std::mt19937_64 random(4);
  std::vector<std::pair<int64_t, size_t>> trials;
  std::vector<Verdict> verdicts;
  for (int pair = 0; pair < 30; ++pair)
    for (const size_t kernel : {0, 1}) {
      trials.emplace_back(pair, kernel);
      verdicts.push_back(random() % (kernel == 0 ? 3 : 9) == 0 ? Verdict::fail : Verdict::pass);
      in_turn.add(pair, kernel, result(verdicts.back()));
    }
  std::shuffle(trials.begin(), trials.end(), random);
  for (const auto& [pair, kernel] : trials)
    mixed.add(pair, kernel, result(verdicts[static_cast<size_t>(pair) * 2 + kernel]));
  EXPECT_EQ(mixed.confidence(), in_turn.confidence());
  EXPECT_GT(in_turn.confidence(), 0);
}

TEST(KernelComparison, APairWithoutAVerdictIsLeftOutOfTheEvidence) {
  KernelComparison comparison = made(true);
  comparison.add(0, 0, result(Verdict::error));
  comparison.add(0, 1, result(Verdict::pass));
  for (int pair = 1; pair < 9; ++pair) {
    comparison.add(pair, 0, result(Verdict::fail));
    comparison.add(pair, 1, result(Verdict::pass));
  }
  EXPECT_TRUE(comparison.differ());
}

TEST(KernelComparison, OrderWithinPairsIsDrawnFromTheSeed) {
  int a_first = 0;
  for (int64_t pair = 0; pair < 1000; ++pair) {
    EXPECT_NE(kernel_of(7, pair, 0), kernel_of(7, pair, 1));
    a_first += kernel_of(7, pair, 0) == 0 ? 1 : 0;
  }
  EXPECT_GT(a_first, 420);
  EXPECT_LT(a_first, 580);
  int same = 0;
  for (int64_t pair = 0; pair < 1000; ++pair) same += kernel_of(7, pair, 0) == kernel_of(8, pair, 0) ? 1 : 0;
  EXPECT_LT(same, 600);
}

}  // namespace
}  // namespace o2lab
