// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <vector>

#include "base/clock.h"
#include "judge/case_spec.h"

namespace o2lab {

/// The order in which several labs take the cases of a run: the longest first, so that none of them begins
/// when all else is over; those that must run alone at the end of the round, with nothing beside them.
class CaseQueue {
 public:
  /// `expected`: how long a case will take, as far as known; zero when not. Cases of unknown length go first,
  /// those with more nodes before others.
  explicit CaseQueue(std::function<Duration(const RegisteredCase&)> expected)
      : expected_(std::move(expected)) {}

  /// One more round of these; it begins when the rounds before it are all taken.
  void add(std::vector<const RegisteredCase*> round);
  /// The next one to start while `running` others run, of those that `fits` lets start now; null when there
  /// is none, or none yet: ask again when one has ended.
  const RegisteredCase* next(size_t running, const std::function<bool(const RegisteredCase&)>& fits = {});
  const std::vector<const RegisteredCase*>& waiting() const { return waiting_; }
  bool empty() const { return waiting_.empty(); }
  void clear() { waiting_.clear(); }

 private:
  std::function<Duration(const RegisteredCase&)> expected_;
  std::vector<const RegisteredCase*> waiting_;
  bool alone_ = false;  ///< the one taken last wants nothing beside it
};

}  // namespace o2lab
