// SPDX-License-Identifier: GPL-2.0-or-later
// Which times moved: by ranks, at a confidence that bears how many are looked at.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "judge/morning.h"

namespace o2lab {
namespace {

constexpr double least_share = 0.1;    // of the median before: what moved by less matters to nobody
constexpr double least_seconds = 0.1;  // that too
constexpr size_t slack = 3;            // measurements that may lie on the wrong side of the others

/// Times of one accelerator only: QEMU without KVM is many times slower.
using TimeKey = std::tuple<MorningKey, std::string, std::string>;

struct Measured {
  std::vector<MorningTime::Run> runs;
  size_t first_tonight = 0;
  const StoredCase* last = nullptr;
};

void add(std::map<TimeKey, Measured>& all, const StoredCase& one, bool tonight) {
  if (one.verdict != "pass") return;
  const auto put = [&](const std::string& name, Duration took) {
    const TimeKey key{key_of(one), one.accel, name};
    if (tonight && all.count(key) == 0) return;
    Measured& m = all[key];
    if (m.runs.empty() || m.runs.back().id != one.run) m.runs.push_back({one.run, one.started, {}});
    m.runs.back().seconds.push_back(to_seconds(took));
    if (!tonight) m.first_tonight = m.runs.size();
    m.last = &one;
  };
  put(kWholeCase, one.duration);
  for (const Interval& i : one.intervals)
    if (i.measured) put(i.name, *i.measured);
}

size_t values(const std::vector<MorningTime::Run>& runs, size_t from, size_t to) {
  size_t out = 0;
  for (size_t i = from; i < to; ++i) out += runs[i].seconds.size();
  return out;
}

/// The run from which on times are held against those before: tonight's first, or, where tonight is too
/// little to tell, one before it. By their numbers alone, so that the times themselves have no say in it.
size_t split_of(const std::vector<MorningTime::Run>& runs, size_t first_tonight, double confidence) {
  size_t best = runs.size(), most = 0;
  for (size_t first = first_tonight; first > 0; --first) {
    const size_t left = shift_slack(values(runs, 0, first), values(runs, first, runs.size()), confidence);
    if (left > most) {
      most = left;
      best = first;
    }
    if (most >= slack || (most > 0 && best == first_tonight)) break;
  }
  return best;
}

struct Split {
  std::vector<double> before, now;
  Shift shift;
  bool moved() const {
    return shift.differs() && std::abs(shift.median) >= std::max(least_seconds, least_share * median(before));
  }
};

Split split_at(const std::vector<MorningTime::Run>& runs, size_t first, double confidence) {
  Split out;
  for (size_t i = 0; i < runs.size(); ++i) {
    std::vector<double>& side = i < first ? out.before : out.now;
    side.insert(side.end(), runs[i].seconds.begin(), runs[i].seconds.end());
  }
  out.shift = shift_of(out.before, out.now, confidence);
  return out;
}

/// The same with tonight taken as fast as the nights before: it must have moved more than everything did.
bool moved_by_itself(std::vector<MorningTime::Run> runs, size_t first_tonight, size_t first,
                     double confidence, double common) {
  const double raw = split_at(runs, first, confidence).shift.median;
  for (size_t i = first_tonight; i < runs.size(); ++i)
    for (double& seconds : runs[i].seconds) seconds /= common;
  const Split split = split_at(runs, first, confidence);
  return split.moved() && (split.shift.median > 0) == (raw > 0);
}

/// Whether the morning before could tell it.
bool was_told(std::vector<MorningTime::Run> runs, size_t first_tonight, double confidence, bool slower) {
  runs.resize(first_tonight);
  if (runs.size() < 2) return false;
  const size_t first = split_of(runs, runs.size() - 1, confidence);
  if (first == runs.size()) return false;
  const Split split = split_at(runs, first, confidence);
  return split.moved() && (split.shift.median > 0) == slower;
}

/// By how much the whole cases of tonight differ from those before: a slow host moves them all.
Overall overall_of(const std::map<TimeKey, Measured>& all) {
  std::vector<double> ratios;
  for (const auto& [key, m] : all) {
    if (std::get<2>(key) != kWholeCase) continue;
    const Split split = split_at(m.runs, m.first_tonight, kMorningConfidence);
    if (median(split.before) > 0 && median(split.now) > 0)
      ratios.push_back(std::log(median(split.now) / median(split.before)));
  }
  return {kWholeCase, ratios.size(), shift_of_pairs(ratios)};
}

}  // namespace

MorningTimes morning_times(const std::vector<StoredCase>& tonight, const std::vector<StoredCase>& earlier) {
  std::map<TimeKey, Measured> all;
  for (const StoredCase& one : earlier) add(all, one, false);
  for (const StoredCase& one : tonight) add(all, one, true);
  std::erase_if(all, [](const auto& one) { return one.second.first_tonight == one.second.runs.size(); });

  MorningTimes out;
  out.looked_at = all.size();
  out.confidence = 1 - (1 - kMorningConfidence) / static_cast<double>(std::max<size_t>(all.size(), 1));
  out.overall = overall_of(all);
  const double common = out.overall.shift.differs() ? std::exp(out.overall.shift.median) : 1;
  for (auto& [key, m] : all) {
    const auto& [test, accel, name] = key;
    const size_t first = split_of(m.runs, m.first_tonight, out.confidence);
    if (first == m.runs.size()) {
      ++out.too_few;
      continue;
    }
    Split split = split_at(m.runs, first, out.confidence);
    if (!split.moved() || !moved_by_itself(m.runs, m.first_tonight, first, out.confidence, common)) continue;
    const bool slower = split.shift.median > 0;
    MorningTime found;
    found.key = test;
    found.name = name;
    found.since = first;
    found.before = std::move(split.before);
    found.now = std::move(split.now);
    found.shift = split.shift;
    found.shown_run = m.last->run;
    found.shown_folder = m.last->folder;
    found.is_new = !was_told(m.runs, m.first_tonight, out.confidence, slower);
    found.runs = std::move(m.runs);
    (slower ? out.slower : out.faster).push_back(std::move(found));
  }
  return out;
}

}  // namespace o2lab
