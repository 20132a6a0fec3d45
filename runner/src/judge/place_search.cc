// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/place_search.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "judge/statistics.h"

namespace o2lab {

namespace {

/// The last step fails so often before any other is tried: until then nobody knows the rate.
constexpr int64_t kFailuresFirst = 3;
/// The prior knows of lines that fail nowhere or everywhere and of every rate; where the place is a real one
/// and the rate low, up to 1.6 times as many answers are wrong as it would have (simulated). Half are
/// allowed.
constexpr double kMargin = 0.5;

double entropy(double weight) {
  return weight > 0 ? -weight * std::log(weight) : 0;
}

}  // namespace

PlaceSearch::PlaceSearch(const Options& options)
    : options_(options), tallies_(options.last + 1), tells_(options.last + 1, true) {
  if (options.last < 1) fail(ErrorKind::input, "a bisection needs two steps at least");
}

void PlaceSearch::saw(size_t step, bool failed) {
  Tally& tally = tallies_.at(step);
  (failed ? tally.failed : tally.passed) += 1;
}

void PlaceSearch::cannot_tell(size_t step) {
  tells_.at(step) = false;
  tallies_.at(step) = {};
}

PlaceSearch::Tally PlaceSearch::from(size_t fails) const {
  Tally out;
  for (size_t step = fails; step < tallies_.size(); ++step) {
    out.passed += tallies_[step].passed;
    out.failed += tallies_[step].failed;
  }
  return out;
}

std::vector<PlaceSearch::Place> PlaceSearch::places() const {
  constexpr double jeffreys = 0.5;
  std::vector<Place> out;
  Tally before;
  Tally after = from(0);
  int64_t passes = -1;
  const auto add = [&](size_t fails) {
    const auto steps = static_cast<double>(static_cast<int64_t>(fails) - passes);
    const double f = jeffreys + static_cast<double>(after.failed);
    const double p = jeffreys + static_cast<double>(after.passed);
    double log = std::log(steps) + log_beta(f, p) +
                 static_cast<double>(before.passed) * std::log1p(-options_.background);
    if (before.failed > 0)
      log += static_cast<double>(before.failed) * std::log(options_.background);  // -inf at 0
    out.push_back({passes, fails, log, f / (f + p)});
  };
  for (size_t step = 0; step < tells_.size(); ++step) {
    if (!tells_[step]) continue;
    add(step);
    passes = static_cast<int64_t>(step);
    before.passed += tallies_[step].passed;
    before.failed += tallies_[step].failed;
    after.passed -= tallies_[step].passed;
    after.failed -= tallies_[step].failed;
  }
  add(tells_.size());
  double most = out.front().weight;
  for (const Place& place : out) most = std::max(most, place.weight);
  double all = 0;
  for (Place& place : out) all += place.weight = std::exp(place.weight - most);
  for (Place& place : out) place.weight /= all;
  return out;
}

PlaceSearch::Answer PlaceSearch::answer_of(const Place& place) const {
  const Found found = place.fails > options_.last ? Found::never_fails
                      : place.passes < 0          ? Found::fails_everywhere
                                                  : Found::place;
  return {found, static_cast<size_t>(std::max<int64_t>(place.passes, 0)),
          std::min(place.fails, options_.last), place.weight};
}

PlaceSearch::Answer PlaceSearch::best() const {
  const std::vector<Place> all = places();
  return answer_of(*std::max_element(all.begin(), all.end(),
                                     [](const Place& a, const Place& b) { return a.weight < b.weight; }));
}

PlaceSearch::Answer PlaceSearch::answer() const {
  if (!tells_.back()) return {Found::cannot_tell, 0, options_.last, 0};
  const Tally& last = tallies_.back();
  if (last.failed == 0) {
    if (last.passed < options_.give_up) return {};
    return {Found::never_fails, options_.last, options_.last, 0};
  }
  const Answer best = this->best();
  const bool measured = last.failed >= kFailuresFirst;
  return measured && best.confidence >= 1 - kMargin * (1 - options_.confidence) ? best : Answer{};
}

std::optional<size_t> PlaceSearch::next(const std::function<double(size_t)>& cost) const {
  if (answer().found != Found::nothing_yet) return std::nullopt;
  if (tallies_.back().failed < kFailuresFirst) return options_.last;
  const std::vector<Place> all = places();
  std::optional<size_t> out;
  double most = -1;
  double now = 0;
  for (const Place& place : all) now += entropy(place.weight);
  // The places up to `i` are those at which step all[i].fails fails.
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    double fails = 0;
    for (size_t j = 0; j < all.size(); ++j)
      fails += all[j].weight * (j <= i ? all[j].fails_at : options_.background);
    double left = 0;
    for (size_t j = 0; j < all.size(); ++j) {
      const double here = j <= i ? all[j].fails_at : options_.background;
      if (fails > 0) left += fails * entropy(all[j].weight * here / fails);
      if (fails < 1) left += (1 - fails) * entropy(all[j].weight * (1 - here) / (1 - fails));
    }
    const double told = (now - left) / (cost ? cost(all[i].fails) : 1);
    if (told > most) {
      most = told;
      out = all[i].fails;
    }
  }
  return out;
}

}  // namespace o2lab
