// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "judge/result.h"
#include "judge/statistics.h"

namespace o2lab {

/// How often something failed, of those trials that said anything about the kernel.
struct FailureRate {
  int64_t ran = 0;
  int64_t failed = 0;
  double share() const { return ran == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(ran); }
  void add(const CaseResult& result);
};

/// What ended a sample: Wilson's interval holds only where that was not the outcome of its trials.
enum class Sampling {
  fixed,    ///< a number chosen beforehand
  outcome,  ///< the first failure, or an answer
};
/// "outcome" under `statistics.sampling` of the run; else fixed.
Sampling sampling_of(const RunResult& run);
/// At 95 %: Wilson's interval, or the confidence sequence.
Range interval_of(const FailureRate& rate, Sampling sampling);
/// Name of that in JSON: "wilson_95", "confidence_sequence_95".
const char* key_of(Sampling sampling);

/// "3 of 20 failed, 15 % [5.2-36]": in brackets interval_of().
std::string text_of(const FailureRate& rate, Sampling sampling = Sampling::fixed);
/// "15", "5.2", "0.52": of a share, in percent, two digits.
std::string percent(double share);

/// The rate of one case on one kernel.
struct CaseRate {
  std::string test;    ///< Suite.Name
  std::string kernel;  ///< flavour, FLAVOUR@PART
  FailureRate rate;
};
/// Of all cases that said something more than once, in the order they first ran.
std::vector<CaseRate> repeated(const std::vector<CaseResult>& cases);
/// [{"case","kernel","ran","failed","rate",key_of(sampling):[low,high]}, …]
nlohmann::json rates_json(const std::vector<CaseRate>& rates, Sampling sampling = Sampling::fixed);

/// What `o2lab run --until-confident` asks of every case of the run, and when that is answered: its failure
/// rate, by a confidence sequence, so that looking after each trial costs no confidence.
class RateQuestion {
 public:
  struct Options {
    double confidence = 0.95;    ///< in (0.5, 1)
    double within = 0.1;         ///< half-width of the interval that answers
    std::optional<double> rate;  ///< asked for instead: is it below this or above
  };
  enum class Answer { open, narrow, below, above, no_verdict };

  explicit RateQuestion(const Options& options) : options_(options) {}
  /// Cases that are going to run.
  void expect(const std::string& test) { asked_[test]; }
  void add(const CaseResult& result);
  /// Of every case that is going to run; a case that ends three times in a row without a verdict has none.
  bool answered() const;
  Answer answer(const std::string& test) const;
  /// "Suite.Name: 0 of 116 failed, below 5 % with 95 % confidence", a line each.
  std::vector<std::string> texts() const;
  nlohmann::json json() const;
  /// Exit code of the run, when the question was of a rate: 0 all below, 1 not.
  std::optional<int> exit_code() const;

 private:
  struct Case {
    FailureRate rate;
    int without = 0;  ///< ended without a verdict, in a row
  };
  Answer of(const Case& one) const;
  std::string text(const Case& one) const;
  Options options_;
  std::map<std::string, Case> asked_;
};
const char* name_of(RateQuestion::Answer answer);

}  // namespace o2lab
