// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>

#include "judge/failure_rate.h"
#include "judge/sequential.h"

namespace o2lab {

/// Which of the two kernels, 0 or 1, trial `half` (0, 1) of a pair runs on: A B or B A, by the seed, so that
/// neither always comes first.
size_t kernel_of(uint64_t seed, int64_t pair, size_t half);

/// One case on two kernels in turn: does it fail at different rates?
class KernelComparison {
 public:
  struct Options {
    std::string a, b;  ///< names of the kernels
    bool until_confident =
        false;  ///< looked at after every pair, and stopped by: sequential evidence, else Fisher's
    double confidence = 0.95;
    double within = 0.1;  ///< rates that differ by less count as the same
  };
  explicit KernelComparison(Options options) : options_(std::move(options)) {}

  /// `pair` from 0; the trials of pairs may come in any order, but `result` must have been on kernel 0 or 1.
  void add(int64_t pair, size_t kernel, const CaseResult& result);
  /// That the rates differ.
  double confidence() const;
  bool differ() const { return confidence() >= options_.confidence; }
  /// They differ by no more than `within`, as two confidence sequences tell.
  bool alike() const;
  bool answered() const { return differ() || alike(); }
  /// "3 of 200 on lab@none, 0 of 600 on lab, 99.9 %".
  std::string text() const;
  nlohmann::json json() const;

 private:
  const Options options_;
  enum class Trial { outstanding, passed, failed, nothing };
  struct Pair {
    std::array<Trial, 2> showed{};
    bool complete() const { return showed[0] != Trial::outstanding && showed[1] != Trial::outstanding; }
    bool told() const { return showed[0] != Trial::nothing && showed[1] != Trial::nothing; }
  };
  std::array<FailureRate, 2> rates_;
  std::map<int64_t, Pair> waiting_;
  int64_t next_pair_ = 0;  ///< the evidence has all before it
  RatesDiffer evidence_;
};

}  // namespace o2lab
