// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/comparison.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "judge/case_key.h"

namespace o2lab {
namespace {

struct Side {
  int ran = 0;
  int failed = 0;
  std::map<std::string, std::vector<double>> seconds;
};

using Sides = std::map<CaseKey, Side>;

Sides sides_of(const std::vector<Sample>& samples) {
  Sides out;
  for (const Sample& s : samples) {
    if (s.verdict == "skip") continue;
    Side& side = out[{s.name, s.flavour, s.topology}];
    ++side.ran;
    if (s.verdict != "pass") {
      ++side.failed;
      continue;
    }
    for (const auto& [name, seconds] : s.seconds) side.seconds[name].push_back(seconds);
  }
  return out;
}

CaseKey without_name(CaseKey key) {
  key.name.clear();
  return key;
}

std::set<CaseKey> grounds_of(const Sides& sides) {
  std::set<CaseKey> out;
  for (const auto& [key, side] : sides) out.insert(without_name(key));
  return out;
}

/// Finds what of one side a case of the other one is held against.
class Pairing {
 public:
  Pairing(const Sides& a, const Sides& b) : a_(a), b_(b), of_a_(grounds_of(a)), of_b_(grounds_of(b)) {}

  Sides::const_iterator before(const CaseKey& after) const {
    const auto same = a_.find(after);
    if (same != a_.end() || of_a_.count(without_name(after)) > 0) return same;
    // Two kernels, or two topologies: the question is how they differ.
    const auto only = only_one(a_, after.name);
    if (only == a_.end() || of_b_.count(without_name(only->first)) > 0) return a_.end();
    return only_one(b_, after.name) == b_.end() ? a_.end() : only;
  }
  std::string on(const CaseKey& before, const CaseKey& after) const {
    const std::string one = label_of(without_name(before)), other = label_of(without_name(after));
    if (one != other) return one + " against " + other;
    return of_a_.size() == 1 && of_b_.size() == 1 ? "" : one;
  }

 private:
  static Sides::const_iterator only_one(const Sides& sides, const std::string& name) {
    const auto first = sides.lower_bound({name, "", ""});
    if (first == sides.end() || first->first.name != name) return sides.end();
    const auto next = std::next(first);
    return next != sides.end() && next->first.name == name ? sides.end() : first;
  }
  const Sides& a_;
  const Sides& b_;
  std::set<CaseKey> of_a_, of_b_;
};

/// The middle change of a case's intervals, as a logarithm: they are of one course of events, and counted one
/// by one they would pass for many.
std::vector<double> changes(const std::vector<ComparedInterval>& all, bool whole) {
  std::map<std::string, std::vector<double>> by_case;
  for (const ComparedInterval& i : all)
    if (const double before = median(i.a), after = median(i.b);
        (i.name == kWholeCase) == whole && before > 0 && after > 0)
      by_case[i.label()].push_back(std::log(after / before));
  std::vector<double> out;
  for (const auto& [label, values] : by_case) out.push_back(median(values));
  return out;
}

void look_together(Comparison& c) {
  std::vector<double> p;
  std::vector<ComparedInterval*> known;
  for (ComparedInterval& i : c.intervals) {
    if (!i.shift.known) continue;
    known.push_back(&i);
    p.push_back(i.p);
  }
  const std::vector<bool> holds = hold_together(p);
  for (size_t i = 0; i < known.size(); ++i) {
    known[i]->holds = holds[i];
    c.hold += holds[i] ? 1 : 0;
    c.differ += known[i]->shift.differs() ? 1 : 0;
  }
  c.looked_at = known.size();
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

std::string Comparison::together() const {
  if (looked_at < 2) return "";
  return fmt::format(
      "{} of {} intervals differ, each looked at by itself, where up to {:.0f} would by chance; {} when all "
      "are "
      "looked at together (Benjamini-Hochberg, 5 %)",
      differ, looked_at, std::ceil(0.05 * static_cast<double>(looked_at)),
      hold == 0 ? "none holds" : fmt::format("{} hold{}", hold, hold == 1 ? "s" : ""));
}

Comparison compare(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  Comparison out;
  const Sides one = sides_of(a), other = sides_of(b);
  const Pairing pairing(one, other);
  std::set<CaseKey> paired;
  for (const auto& [key, after] : other) {
    const auto found = pairing.before(key);
    if (found == one.end()) {
      out.only_b.push_back(ComparedOn{key.name, pairing.on(key, key)}.label());
      continue;
    }
    paired.insert(found->first);
    const Side& before = found->second;
    ++out.in_both;
    const ComparedOn what{key.name, pairing.on(found->first, key)};
    const ComparedVerdict verdict{what,          before.ran,
                                  before.failed, after.ran,
                                  after.failed,  fisher(before.failed, before.ran, after.failed, after.ran)};
    if (before.failed == 0 && after.failed > 0) out.new_failures.push_back(verdict);
    if (before.failed > 0 && after.failed == 0) out.mended.push_back(verdict);
    for (const auto& [name, seconds] : after.seconds)
      if (const auto earlier = before.seconds.find(name); earlier != before.seconds.end())
        out.intervals.push_back({what, name, earlier->second, seconds, shift_of(earlier->second, seconds),
                                 shift_p(earlier->second, seconds)});
  }
  for (const auto& [key, before] : one)
    if (paired.count(key) == 0) out.only_a.push_back(ComparedOn{key.name, pairing.on(key, key)}.label());
  look_together(out);
  const std::vector<double> whole = changes(out.intervals, true), others = changes(out.intervals, false);
  out.overall = {{kWholeCase, whole.size(), shift_of_pairs(whole)},
                 {"other intervals", others.size(), shift_of_pairs(others)}};
  return out;
}

}  // namespace o2lab
