// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/morning_json.h"

#include <initializer_list>

namespace o2lab {
namespace {

using nlohmann::ordered_json;

ordered_json json_of(const CaseKey& key) {
  ordered_json out;
  if (!key.name.empty()) out["case"] = key.name;
  out["flavour"] = key.flavour;
  out["topology"] = key.topology;
  return out;
}

ordered_json json_of(const FailureRate& rate) {
  const Range range = wilson(rate.failed, rate.ran);
  return {{"ran", rate.ran}, {"failed", rate.failed}, {"wilson_95", {range.low, range.high}}};
}

ordered_json json_of(const MorningCase& c) {
  ordered_json out = json_of(c.key);
  out["standing"] = name_of(c.standing);
  out["new"] = c.is_new;
  out["tonight"] = json_of(c.tonight);
  out["before"] = json_of(c.before);
  out["since"] = c.since ? ordered_json(c.runs[*c.since].id) : ordered_json();
  out["probability_of_one_rate"] = c.change.first > 0 ? ordered_json(c.change.probability) : ordered_json();
  out["why"] = c.why;
  out["class"] = c.shown.failure;
  out["reason"] = c.shown.reason;
  out["run"] = c.shown.run;
  out["folder"] = c.shown.folder;
  return out;
}

ordered_json json_of(const MorningTime& t) {
  ordered_json out = json_of(t.key);
  out["interval"] = t.name;
  out["new"] = t.is_new;
  out["since"] = t.runs.at(t.since).id;
  out["before"] = {{"n", t.before.size()}, {"median", median(t.before)}};
  out["now"] = {{"n", t.now.size()}, {"median", median(t.now)}};
  out["shift"] = t.shift.median;
  out["interval_of_shift"] = {t.shift.interval.low, t.shift.interval.high};
  return out;
}

ordered_json json_of(const MorningReport& r) {
  return {{"title", r.fingerprint.title},
          {"frames", r.fingerprint.frames},
          {"kind", r.kind},
          {"new", r.is_new},
          {"count", r.count},
          {"cases", r.cases},
          {"nodes", r.nodes},
          {"runs", r.runs},
          {"first_run", r.first_run},
          {"folder", r.shown_folder}};
}

ordered_json json_of(const MorningMissing& m) {
  ordered_json out = json_of(m.key);
  out["last_run"] = m.run;
  if (!m.reason.empty()) out["skipped"] = m.reason;
  return out;
}

ordered_json json_of(const StoredRun& r) {
  return {{"run", r.id},
          {"dir", r.dir},
          {"started", r.started},
          {"host", r.host},
          {"kernel", r.flavour + " " + r.version},
          {"kernel_hash", r.kernel_hash},
          {"accel", r.accel},
          {"topology", r.topology},
          {"passed", r.passed},
          {"failed", r.failed},
          {"skipped", r.skipped}};
}

template <class T>
ordered_json array_of(const std::vector<T>& all) {
  ordered_json out = ordered_json::array();
  for (const T& one : all) out.push_back(json_of(one));
  return out;
}

}  // namespace

ordered_json morning_json(const Morning& morning) {
  ordered_json cases = ordered_json::array();
  for (const MorningCase& one : morning.cases)
    if (one.standing != Standing::passes) cases.push_back(json_of(one));
  return {{"new", morning.anything_new()},
          {"runs", array_of(morning.night)},
          {"ran", morning.cases.size()},
          {"cases", std::move(cases)},
          {"times",
           {{"looked_at", morning.times.looked_at},
            {"too_few", morning.times.too_few},
            {"confidence_of_each", morning.times.confidence},
            {"overall", morning.times.overall.text()},
            {"slower", array_of(morning.times.slower)},
            {"faster", array_of(morning.times.faster)}}},
          {"reports", array_of(morning.reports)},
          {"missing", array_of(morning.missing)},
          {"flavours_not_run", array_of(morning.not_run)}};
}

}  // namespace o2lab
