// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "judge/result.h"

namespace o2lab {

/// Results of an earlier sitting of a run: they count, and their cases do not run again.
class KeptResults {
 public:
  void add(CaseResult result, unsigned repetition) {
    repetitions_[result.full_name()].insert(repetition);
    waiting_[result.full_name()].push_back(std::move(result));
  }
  /// Whether this repetition (from 0) of the case is among them, handed out or not.
  bool has(const std::string& full_name, unsigned repetition) const {
    const auto known = repetitions_.find(full_name);
    return known != repetitions_.end() && known->second.count(repetition) > 0;
  }
  /// Whether take() has one.
  bool waits(const std::string& full_name) const {
    const auto known = waiting_.find(full_name);
    return known != waiting_.end() && !known->second.empty();
  }
  /// Each is handed out once.
  std::optional<CaseResult> take(const std::string& full_name) {
    if (!waits(full_name)) return std::nullopt;
    std::deque<CaseResult>& there = waiting_[full_name];
    CaseResult out = std::move(there.front());
    there.pop_front();
    return out;
  }
  size_t size() const {
    size_t out = 0;
    for (const auto& [name, repetitions] : repetitions_) out += repetitions.size();
    return out;
  }

 private:
  std::map<std::string, std::set<unsigned>> repetitions_;
  std::map<std::string, std::deque<CaseResult>> waiting_;
};

}  // namespace o2lab
