// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/comparison.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

namespace o2lab {
namespace {

struct Side {
  int ran = 0;
  int failed = 0;
  std::map<std::string, std::vector<double>> seconds;
};

std::map<std::string, Side> sides_of(const std::vector<Sample>& samples) {
  std::map<std::string, Side> out;
  for (const Sample& s : samples) {
    if (s.verdict == "skip") continue;
    Side& side = out[s.name];
    ++side.ran;
    if (s.verdict != "pass") {
      ++side.failed;
      continue;
    }
    for (const auto& [name, seconds] : s.seconds) side.seconds[name].push_back(seconds);
  }
  return out;
}

}  // namespace

std::string ComparedInterval::text() const {
  if (!shift.known)
    return fmt::format("too few to tell ({} and {}; 4 and 4 are enough), medians {:.2f} and {:.2f} s",
                       a.size(), b.size(), median(a), median(b));
  const std::string range =
      fmt::format("95 % CI {:.2f} to {:.2f} s", shift.interval.low, shift.interval.high);
  if (!shift.differs()) return fmt::format("no difference shown ({:+.2f} s, {})", shift.median, range);
  const bool slower = shift.median > 0;
  return fmt::format("{} by {:.2f} s, 95 % CI {:.2f} to {:.2f} s", slower ? "slower" : "faster",
                     std::abs(shift.median), slower ? shift.interval.low : -shift.interval.high,
                     slower ? shift.interval.high : -shift.interval.low);
}

std::string Overall::text() const {
  const auto percent = [](double logarithm) { return 100 * (std::exp(logarithm) - 1); };
  if (!shift.known) return fmt::format("too few pairs to tell ({}; 6 are enough)", pairs);
  const double low = percent(shift.interval.low), high = percent(shift.interval.high);
  if (!shift.differs())
    return fmt::format("no difference shown ({:+.1f} %, 95 % CI {:.1f} to {:.1f} %, {} pairs)",
                       percent(shift.median), low, high, pairs);
  const bool slower = shift.median > 0;
  return fmt::format("{} by {:.1f} %, 95 % CI {:.1f} to {:.1f} % ({} pairs)", slower ? "slower" : "faster",
                     std::abs(percent(shift.median)), slower ? low : -high, slower ? high : -low, pairs);
}

Comparison compare(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  Comparison out;
  const auto one = sides_of(a);
  const auto other = sides_of(b);
  for (const auto& [test, side] : one)
    if (other.count(test) == 0) out.only_a.push_back(test);
  for (const auto& [test, after] : other) {
    const auto found = one.find(test);
    if (found == one.end()) {
      out.only_b.push_back(test);
      continue;
    }
    const Side& before = found->second;
    ++out.in_both;
    const ComparedVerdict verdict{test, before.ran, before.failed, after.ran, after.failed};
    if (before.failed == 0 && after.failed > 0) out.new_failures.push_back(verdict);
    if (before.failed > 0 && after.failed == 0) out.mended.push_back(verdict);
    for (const auto& [name, seconds] : after.seconds)
      if (const auto earlier = before.seconds.find(name); earlier != before.seconds.end())
        out.intervals.push_back({test, name, earlier->second, seconds, shift_of(earlier->second, seconds)});
  }
  std::vector<double> whole, others;
  for (const ComparedInterval& i : out.intervals) {
    const double before = median(i.a), after = median(i.b);
    if (before > 0 && after > 0) (i.name == kWholeCase ? whole : others).push_back(std::log(after / before));
  }
  out.overall = {{kWholeCase, whole.size(), shift_of_pairs(whole)},
                 {"other intervals", others.size(), shift_of_pairs(others)}};
  return out;
}

}  // namespace o2lab
