// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace o2lab {

/// Which step of a line brought a failure that does not show each time: a bisection that weighs every trial.
///
/// Steps 0 to n; those before the place sought pass, those from it on fail at a rate that nobody knows and
/// that is the same for all of them. Each possible place has a probability by Bayes' rule from all trials so
/// far (rate: Jeffreys' prior, Beta(1/2, 1/2), integrated out, so that a rate measured by few failures counts
/// for no more than it is worth); the next trial goes where it is expected to tell the most; the search ends
/// when one place has what is asked for. No prior says more for one place than for another.
class PlaceSearch {
 public:
  struct Options {
    size_t last = 1;           ///< the step that fails; 0 is the one that passes
    double confidence = 0.99;  ///< that the answer is right, in (0.5, 1)
    double background = 0;     ///< rate at which even a step before the place fails
    int64_t give_up = 100;     ///< so many passes of the last step, and not one failure: it does not fail
  };
  enum class Found {
    nothing_yet,
    place,
    fails_everywhere,  ///< already the first step that can tell
    never_fails,       ///< not even the last one
    cannot_tell,       ///< the last one cannot be tried
  };
  struct Answer {
    Found found = Found::nothing_yet;
    /// The place is after this step; of fails_everywhere there is none such (0).
    size_t passes = 0;
    /// The place is at or before this step. More than one place lies between them when steps cannot tell.
    size_t fails = 0;
    double confidence = 0;
  };
  struct Tally {
    int64_t passed = 0, failed = 0;
  };

  explicit PlaceSearch(const Options& options);

  /// One trial of a step.
  void saw(size_t step, bool failed);
  /// The step cannot be tried (it does not build): it is gone round.
  void cannot_tell(size_t step);

  Answer answer() const;
  /// The step that the next trial should go to; empty once there is an answer. `cost`: of one trial of a
  /// step, relative to the others; 1 each without it.
  std::optional<size_t> next(const std::function<double(size_t)>& cost = {}) const;
  /// The most probable place, and how probable it is.
  Answer best() const;
  const Tally& tally(size_t step) const { return tallies_.at(step); }
  bool can_tell(size_t step) const { return tells_.at(step); }
  /// Trials of the steps that fail if the place is at `fails`.
  Tally from(size_t fails) const;

 private:
  /// The place is after `passes` and not after `fails`; passes is -1 where no step before it can tell, fails
  /// is last + 1 where nothing fails.
  struct Place {
    int64_t passes = -1;
    size_t fails = 0;
    double weight = 0;    ///< probability
    double fails_at = 0;  ///< rate expected of the steps that fail
  };
  std::vector<Place> places() const;
  Answer answer_of(const Place& place) const;

  Options options_;
  std::vector<Tally> tallies_;
  std::vector<bool> tells_;
};

}  // namespace o2lab
