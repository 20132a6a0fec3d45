// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/failure_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "judge/sequential.h"

namespace o2lab {

namespace {

constexpr int kWithoutVerdict = 3;

}  // namespace

void FailureRate::add(const CaseResult& result) {
  if (!result.told()) return;
  ++ran;
  failed += result.showed() ? 1 : 0;
}

std::string percent(double share) {
  const double value = 100 * share;
  return value >= 9.95 || value == 0 ? fmt::format("{:.0f}", value) : fmt::format("{:.2g}", value);
}

Sampling sampling_of(const RunResult& run) {
  const bool outcome = run.statistics.is_object() && run.statistics.value("sampling", "") == "outcome";
  return outcome ? Sampling::outcome : Sampling::fixed;
}

Range interval_of(const FailureRate& rate, Sampling sampling) {
  constexpr double confidence = 0.95;
  return sampling == Sampling::fixed ? wilson(rate.failed, rate.ran, confidence)
                                     : confidence_sequence(rate.failed, rate.ran, confidence);
}

const char* key_of(Sampling sampling) {
  return sampling == Sampling::fixed ? "wilson_95" : "confidence_sequence_95";
}

std::string text_of(const FailureRate& rate, Sampling sampling) {
  if (rate.ran == 0) return "no verdict";
  const Range range = interval_of(rate, sampling);
  return fmt::format("{} of {} failed, {} % [{}-{}]", rate.failed, rate.ran, percent(rate.share()),
                     percent(range.low), percent(range.high));
}

std::vector<CaseRate> repeated(const std::vector<CaseResult>& cases) {
  std::vector<CaseRate> out;
  for (const CaseResult& one : cases) {
    const std::string test = one.full_name();
    auto at = std::find_if(out.begin(), out.end(), [&](const CaseRate& known) {
      return known.test == test && known.kernel == one.flavour;
    });
    if (at == out.end()) at = out.insert(out.end(), {test, one.flavour, {}});
    at->rate.add(one);
  }
  std::erase_if(out, [](const CaseRate& one) { return one.rate.ran < 2; });
  return out;
}

nlohmann::json rates_json(const std::vector<CaseRate>& rates, Sampling sampling) {
  nlohmann::json out = nlohmann::json::array();
  for (const CaseRate& one : rates) {
    const Range range = interval_of(one.rate, sampling);
    out.push_back({{"case", one.test},
                   {"kernel", one.kernel},
                   {"ran", one.rate.ran},
                   {"failed", one.rate.failed},
                   {"rate", one.rate.share()},
                   {key_of(sampling), {range.low, range.high}}});
  }
  return out;
}

const char* name_of(RateQuestion::Answer answer) {
  switch (answer) {
    case RateQuestion::Answer::open:
      return "open";
    case RateQuestion::Answer::narrow:
      return "narrow";
    case RateQuestion::Answer::below:
      return "below";
    case RateQuestion::Answer::above:
      return "above";
    case RateQuestion::Answer::no_verdict:
      return "no verdict";
  }
  return "?";
}

void RateQuestion::add(const CaseResult& result) {
  Case& one = asked_[result.full_name()];
  one.rate.add(result);
  one.without = result.told() ? 0 : one.without + 1;
}

RateQuestion::Answer RateQuestion::of(const Case& one) const {
  if (one.without >= kWithoutVerdict) return Answer::no_verdict;
  const Range range = confidence_sequence(one.rate.failed, one.rate.ran, options_.confidence);
  if (options_.rate)
    return range.high < *options_.rate  ? Answer::below
           : range.low > *options_.rate ? Answer::above
                                        : Answer::open;
  return range.high - range.low <= 2 * options_.within ? Answer::narrow : Answer::open;
}

RateQuestion::Answer RateQuestion::answer(const std::string& test) const {
  return of(asked_.at(test));
}

bool RateQuestion::answered() const {
  return std::all_of(asked_.begin(), asked_.end(),
                     [&](const auto& one) { return of(one.second) != Answer::open; });
}

std::string RateQuestion::text(const Case& one) const {
  const std::string at = fmt::format("with {} % confidence", percent(options_.confidence));
  const Range range = confidence_sequence(one.rate.failed, one.rate.ran, options_.confidence);
  const std::string between = fmt::format("{} of {} failed, between {} and {} % {}", one.rate.failed,
                                          one.rate.ran, percent(range.low), percent(range.high), at);
  switch (of(one)) {
    case Answer::no_verdict:
      return fmt::format("{} times in a row without a verdict: given up", one.without);
    case Answer::below:
    case Answer::above:
      return fmt::format("{} of {} failed, {} {} % {}", one.rate.failed, one.rate.ran, name_of(of(one)),
                         percent(*options_.rate), at);
    case Answer::narrow:
      return between;
    case Answer::open:
      return between + ": not answered";
  }
  return between;
}

std::vector<std::string> RateQuestion::texts() const {
  std::vector<std::string> out;
  for (const auto& [test, one] : asked_) out.push_back(test + ": " + text(one));
  return out;
}

nlohmann::json RateQuestion::json() const {
  nlohmann::json out{{"confidence", options_.confidence}, {"cases", nlohmann::json::array()}};
  if (options_.rate)
    out["rate"] = *options_.rate;
  else
    out["within"] = options_.within;
  for (const auto& [test, one] : asked_) {
    const Range range = confidence_sequence(one.rate.failed, one.rate.ran, options_.confidence);
    out["cases"].push_back({{"case", test},
                            {"ran", one.rate.ran},
                            {"failed", one.rate.failed},
                            {"interval", {range.low, range.high}},
                            {"answer", name_of(of(one))}});
  }
  return out;
}

std::optional<int> RateQuestion::exit_code() const {
  if (!options_.rate || asked_.empty()) return std::nullopt;
  const bool below = std::all_of(asked_.begin(), asked_.end(),
                                 [&](const auto& one) { return of(one.second) == Answer::below; });
  return below ? 0 : 1;
}

}  // namespace o2lab
