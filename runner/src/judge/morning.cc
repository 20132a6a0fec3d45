// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/morning.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace o2lab {
namespace {

constexpr int64_t lately_ns = int64_t{7} * 24 * 3600 * 1'000'000'000;

void add_once(std::vector<std::string>& all, const std::string& one) {
  if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
}

/// What ran in the week before the night and is not there tonight: case by case, or a whole flavour.
void find_missing(Morning& out, const std::vector<StoredCase>& tonight,
                  const std::vector<StoredCase>& earlier) {
  using Arm = std::pair<std::string, std::string>;
  std::set<Arm> arms;
  std::set<CaseKey> ran;
  std::map<CaseKey, std::string> skipped;
  for (const StoredCase& one : tonight) {
    arms.insert({one.flavour, one.topology});
    if (one.verdict == "skip")
      skipped[key_of(one)] = one.reason;
    else
      ran.insert(key_of(one));
  }
  const int64_t from = out.night.empty() ? 0 : out.night.front().started_ns - lately_ns;
  std::map<CaseKey, MorningMissing> missing, not_run;
  for (const StoredCase& one : earlier) {  // the last one stays
    if (!one.told() || one.started_ns < from) continue;
    CaseKey key = key_of(one);
    if (arms.count({key.flavour, key.topology}) == 0)
      not_run[{"", key.flavour, key.topology}] = {{"", key.flavour, key.topology}, one.run, one.started, ""};
    else if (ran.count(key) == 0)
      missing[key] = {key, one.run, one.started, skipped.count(key) == 0 ? "" : skipped.at(key)};
  }
  for (auto& [key, one] : missing) out.missing.push_back(std::move(one));
  for (auto& [key, one] : not_run) out.not_run.push_back(std::move(one));
}

}  // namespace

std::vector<MorningReport> morning_reports(const std::vector<StoredCase>& tonight,
                                           const std::vector<SeenReport>& seen) {
  std::vector<MorningReport> out;
  for (const StoredCase& one : tonight)
    for (const StoredReport& report : one.reports) {
      auto known = std::find_if(out.begin(), out.end(), [&](const MorningReport& r) {
        return is_same_report(r.fingerprint, report.fingerprint);
      });
      if (known == out.end()) {
        MorningReport made;
        made.fingerprint = report.fingerprint;
        made.kind = report.kind;
        made.shown_run = made.first_run = one.run;
        made.shown_folder = one.folder;
        made.first_started = one.started;
        known = out.insert(out.end(), std::move(made));
      }
      if (known->fingerprint.frames.size() < report.fingerprint.frames.size())
        known->fingerprint = report.fingerprint;
      ++known->count;
      add_once(known->cases, one.name);
      add_once(known->nodes, "node" + std::to_string(report.node));
      add_once(known->runs, one.run);
    }
  for (MorningReport& report : out) {
    const auto before = std::find_if(seen.begin(), seen.end(), [&](const SeenReport& one) {
      return is_same_report(one.fingerprint, report.fingerprint);
    });
    report.is_new = before == seen.end();
    if (report.is_new) continue;
    report.first_run = before->run;
    report.first_started = before->started;
  }
  std::stable_sort(out.begin(), out.end(), [](const MorningReport& a, const MorningReport& b) {
    return std::pair(!a.is_new, b.count) < std::pair(!b.is_new, a.count);
  });
  return out;
}

std::vector<const MorningCase*> Morning::of(Standing standing) const {
  std::vector<const MorningCase*> out;
  for (const MorningCase& one : cases)
    if (one.standing == standing) out.push_back(&one);
  return out;
}

bool Morning::anything_new() const {
  const auto is_new = [](const auto& one) { return one.is_new; };
  return std::any_of(cases.begin(), cases.end(), is_new) ||
         std::any_of(times.slower.begin(), times.slower.end(), is_new) ||
         std::any_of(reports.begin(), reports.end(), is_new);
}

Morning morning_of(std::vector<StoredRun> night, const std::vector<StoredCase>& tonight,
                   const std::vector<StoredCase>& earlier, const std::vector<SeenReport>& seen) {
  Morning out;
  out.night = std::move(night);
  out.cases = morning_cases(tonight, earlier);
  out.times = morning_times(tonight, earlier);
  out.reports = morning_reports(tonight, seen);
  find_missing(out, tonight, earlier);
  return out;
}

}  // namespace o2lab
