// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/run.h"

namespace o2lab {

RunJudge::RunJudge(const Options& options)
    : stops_by_outcome_(options.until_fail || options.until_confident > 0) {
  std::vector<std::string> cases;
  for (const RegisteredCase& one : all_cases()) cases.push_back(one.full_name());
  fs::path file = options.expected;
  if (file.empty()) file = options.session.repository / "cases/expected.toml";
  std::error_code error;
  if (!options.expected.empty() || fs::exists(file, error))
    expected_ = ExpectedFailures(file, cases, today());
  if (options.until_confident > 0)
    question_.emplace(RateQuestion::Options{options.until_confident, options.within, options.rate});
}

void RunJudge::judge(CaseResult& result) {
  expected_.judge(result);
  if (question_ && result.verdict != Verdict::skip) question_->add(result);
}

void RunJudge::ask(GtestRun& run) {
  if (!question_) return;
  run.begins = [this](const std::vector<const RegisteredCase*>& round) {
    for (const RegisteredCase* one : round) question_->expect(one->full_name());
  };
  run.answered = [this] { return answered(); };
}

void RunJudge::keep(const CaseResult& result) {
  if (question_) question_->add(result);
}

std::optional<int> RunJudge::conclude(RunResult& result) const {
  if (stops_by_outcome_) result.statistics["sampling"] = "outcome";
  if (!question_) return std::nullopt;
  result.answers = question_->texts();
  result.statistics["question"] = question_->json();
  const bool came_round = std::any_of(result.cases.begin(), result.cases.end(),
                                      [](const CaseResult& one) { return one.came_round; });
  return came_round ? std::optional<int>() : question_->exit_code();
}

}  // namespace o2lab
