// SPDX-License-Identifier: GPL-2.0-or-later
// Which times moved: by ranks, at a confidence that bears how many are looked at, and by more than all others
// did.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "judge/morning.h"

namespace o2lab {
namespace {

constexpr double least_share = 0.1;    // of the median before: what moved by less matters to nobody
constexpr double least_seconds = 0.1;  // that too
constexpr size_t slack = 3;            // measurements that may lie on the wrong side of the others
constexpr size_t few_runs = 3;         // fewer may share one host's bad night

using Runs = std::vector<MorningTime::Run>;
/// Times of one accelerator only: QEMU without KVM is many times slower.
using TimeKey = std::tuple<CaseKey, std::string, std::string>;

struct Measured {
  Runs runs;
  size_t first_tonight = 0;
  const StoredCase* last = nullptr;
};
using AllTimes = std::map<TimeKey, Measured>;

void add(AllTimes& all, const StoredCase& one, bool tonight) {
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

std::vector<double> values(const Runs& runs, size_t from, size_t to) {
  std::vector<double> out;
  for (size_t i = from; i < to; ++i) out.insert(out.end(), runs[i].seconds.begin(), runs[i].seconds.end());
  return out;
}

/// The run from which on times are held against those before: tonight's first, or, where tonight is too
/// little to tell, one before it. By their numbers alone, so that the times themselves have no say in it.
size_t split_of(const Runs& runs, size_t first_tonight, double confidence) {
  size_t best = runs.size(), most = 0;
  for (size_t first = first_tonight; first > 0; --first) {
    const size_t left =
        shift_slack(values(runs, 0, first).size(), values(runs, first, runs.size()).size(), confidence);
    if (left > most) {
      most = left;
      best = first;
    }
    if (most >= slack || (most > 0 && best == first_tonight)) break;
  }
  return best;
}

/// By how much the whole of every other case moved from the runs before `from` to those up to `until`, both
/// start times: logarithms.
std::vector<double> others_moved(const AllTimes& all, const TimeKey& key, const std::string& from,
                                 const std::string& until) {
  std::vector<double> out;
  for (const auto& [other, m] : all) {
    if (std::get<2>(other) != kWholeCase || std::get<1>(other) != std::get<1>(key) ||
        std::get<0>(other) == std::get<0>(key))
      continue;
    std::vector<double> before, now;
    for (const MorningTime::Run& run : m.runs) {
      if (run.started > until) continue;
      std::vector<double>& side = run.started < from ? before : now;
      side.insert(side.end(), run.seconds.begin(), run.seconds.end());
    }
    if (!before.empty() && !now.empty() && median(before) > 0 && median(now) > 0)
      out.push_back(std::log(median(now) / median(before)));
  }
  return out;
}

/// What a case may be slower (or faster) by because of the host: as much as the others, and in a few runs,
/// which a busy host does not slow evenly, as much as any of them but outliers. At least, or at most, 1.
double by_the_host(const std::vector<double>& others, size_t runs, bool slower) {
  if (others.empty()) return 1;
  double out = median(others);
  if (runs < few_runs && others.size() < 6) {
    out = slower ? *std::max_element(others.begin(), others.end())
                 : *std::min_element(others.begin(), others.end());
  } else if (runs < few_runs) {
    std::vector<double> off;
    for (const double one : others) off.push_back(std::abs(one - out));
    const double spread = 3 * 1.4826 * median(off);  // three standard deviations of a normal distribution
    out += slower ? spread : -spread;
  }
  return std::exp(slower ? std::max(out, 0.0) : std::min(out, 0.0));
}

struct Look {
  size_t first;
  std::vector<double> before, now;
  Shift shift;
  bool moved = false;
};

bool matters(const Shift& shift, const std::vector<double>& before) {
  return shift.differs() && std::abs(shift.median) >= std::max(least_seconds, least_share * median(before));
}

/// Of runs whose last ones, from `first_tonight` on, are looked at; none: too few to tell.
std::optional<Look> look(const AllTimes& all, const TimeKey& key, const Runs& runs, size_t first_tonight,
                         double confidence) {
  const size_t first = split_of(runs, first_tonight, confidence);
  if (first == runs.size()) return std::nullopt;
  Look out{first, values(runs, 0, first), values(runs, first, runs.size()), {}};
  out.shift = shift_of(out.before, out.now, confidence);
  if (!matters(out.shift, out.before)) return out;
  const bool slower = out.shift.median > 0;
  const double host = by_the_host(others_moved(all, key, runs[first].started, runs.back().started),
                                  runs.size() - first, slower);
  std::vector<double> without_host = out.now;
  for (double& seconds : without_host) seconds /= host;
  const Shift own = shift_of(out.before, without_host, confidence);
  out.moved = matters(own, out.before) && (own.median > 0) == slower;
  return out;
}

/// Whether the morning before could tell it.
bool was_told(const AllTimes& all, const TimeKey& key, const Measured& m, double confidence, bool slower) {
  if (m.first_tonight < 2) return false;
  const Runs runs(m.runs.begin(), m.runs.begin() + static_cast<std::ptrdiff_t>(m.first_tonight));
  const std::optional<Look> seen = look(all, key, runs, runs.size() - 1, confidence);
  return seen && seen->moved && (seen->shift.median > 0) == slower;
}

/// By how much the whole cases of tonight differ from those before.
Overall overall_of(const AllTimes& all) {
  std::vector<double> ratios;
  for (const auto& [key, m] : all) {
    if (std::get<2>(key) != kWholeCase) continue;
    const double before = median(values(m.runs, 0, m.first_tonight));
    const double now = median(values(m.runs, m.first_tonight, m.runs.size()));
    if (before > 0 && now > 0) ratios.push_back(std::log(now / before));
  }
  return {kWholeCase, ratios.size(), shift_of_pairs(ratios)};
}

}  // namespace

MorningTimes morning_times(const std::vector<StoredCase>& tonight, const std::vector<StoredCase>& earlier) {
  AllTimes all;
  for (const StoredCase& one : earlier) add(all, one, false);
  for (const StoredCase& one : tonight) add(all, one, true);
  std::erase_if(all, [](const auto& one) { return one.second.first_tonight == one.second.runs.size(); });

  MorningTimes out;
  out.looked_at = all.size();
  out.confidence = 1 - (1 - kMorningConfidence) / static_cast<double>(std::max<size_t>(all.size(), 1));
  out.overall = overall_of(all);
  for (const auto& [key, m] : all) {
    std::optional<Look> seen = look(all, key, m.runs, m.first_tonight, out.confidence);
    if (!seen) ++out.too_few;
    if (!seen || !seen->moved) continue;
    const bool slower = seen->shift.median > 0;
    MorningTime found;
    found.key = std::get<0>(key);
    found.name = std::get<2>(key);
    found.runs = m.runs;
    found.since = seen->first;
    found.before = std::move(seen->before);
    found.now = std::move(seen->now);
    found.shift = seen->shift;
    found.shown_run = m.last->run;
    found.shown_folder = m.last->folder;
    found.is_new = !was_told(all, key, m, out.confidence, slower);
    (slower ? out.slower : out.faster).push_back(std::move(found));
  }
  return out;
}

}  // namespace o2lab
