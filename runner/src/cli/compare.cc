// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/stored_runs.h"
#include "judge/comparison.h"
#include "report/history.h"
#include "report/json.h"
#include "report/run_events.h"

namespace o2lab {

namespace {

using nlohmann::ordered_json;

std::vector<Sample> samples_of(RunHistory& history, const std::string& pattern, const std::string& cases,
                               std::vector<std::string>& ids) {
  ids = known_runs(history, pattern);
  std::vector<Sample> out;
  for (const StoredCase& one : history.cases(cases, pattern)) {
    Sample sample{one.name, one.verdict, {{kWholeCase, to_seconds(one.duration)}}, one.flavour, one.topology};
    for (const Interval& i : one.intervals)
      if (i.measured) sample.seconds.emplace_back(i.name, to_seconds(*i.measured));
    out.push_back(std::move(sample));
  }
  return out;
}

ordered_json json_of(const std::vector<ComparedVerdict>& all) {
  ordered_json out = ordered_json::array();
  for (const ComparedVerdict& v : all)
    out.push_back({{"case", v.test},
                   {"on", v.on},
                   {"a", {{"ran", v.a_ran}, {"failed", v.a_failed}}},
                   {"b", {{"ran", v.b_ran}, {"failed", v.b_failed}}},
                   {"p", v.p}});
  return out;
}

ordered_json json_of(const Comparison& c, const std::vector<std::string>& a,
                     const std::vector<std::string>& b) {
  ordered_json intervals = ordered_json::array();
  for (const ComparedInterval& i : c.intervals) {
    ordered_json one{{"case", i.test},
                     {"on", i.on},
                     {"interval", i.name},
                     {"a", {{"n", i.a.size()}, {"median", median(i.a)}}},
                     {"b", {{"n", i.b.size()}, {"median", median(i.b)}}},
                     {"shift", i.shift.median},
                     {"ci95", ordered_json()},
                     {"differs", i.shift.differs()},
                     {"p", i.p},
                     {"holds", i.holds},
                     {"text", i.text()}};
    if (i.shift.known) one["ci95"] = {i.shift.interval.low, i.shift.interval.high};
    intervals.push_back(std::move(one));
  }
  ordered_json overall = ordered_json::array();
  for (const Overall& o : c.overall)
    overall.push_back({{"name", o.name},
                       {"pairs", o.pairs},
                       {"ratio", std::exp(o.shift.median)},
                       {"differs", o.shift.differs()},
                       {"text", o.text()}});
  return {{"a", a},
          {"b", b},
          {"in_both", c.in_both},
          {"new_failures", json_of(c.new_failures)},
          {"mended", json_of(c.mended)},
          {"only_a", c.only_a},
          {"only_b", c.only_b},
          {"overall", std::move(overall)},
          {"looked_at", c.looked_at},
          {"differ", c.differ},
          {"hold", c.hold},
          {"intervals", std::move(intervals)}};
}

void print_verdicts(const char* what, const std::vector<ComparedVerdict>& all) {
  if (!all.empty()) fmt::print("{}\n", what);
  for (const ComparedVerdict& v : all)
    fmt::print("  {}: {} of {} failed before, {} of {} now, p = {:.2g} (Fisher)\n", v.label(), v.a_failed,
               v.a_ran, v.b_failed, v.b_ran, v.p);
}

void print(const Comparison& c, size_t a, size_t b) {
  fmt::print("{} and {} runs, {} cases in both", a, b, c.in_both);
  if (!c.only_a.empty() || !c.only_b.empty())
    fmt::print(", {} only in the first, {} only in the second", c.only_a.size(), c.only_b.size());
  fmt::print("\n");
  for (const Overall& o : c.overall) fmt::print("{}: {}\n", o.name, o.text());
  print_verdicts("new failures", c.new_failures);
  print_verdicts("mended", c.mended);
  if (const std::string text = c.together(); !text.empty()) fmt::print("{}\n", text);
  enum class Told { holds, differs, rest };
  const auto told = [](const ComparedInterval& i) {
    return i.holds ? Told::holds : i.shift.differs() ? Told::differs : Told::rest;
  };
  size_t same = 0, unknown = 0;
  for (const Told now : {Told::holds, Told::differs, Told::rest}) {
    std::string test;
    for (const ComparedInterval& i : c.intervals) {
      if (told(i) != now) continue;
      if (now == Told::rest && c.in_both > 5) {
        ++(i.shift.known ? same : unknown);
        continue;
      }
      if (test != i.label()) fmt::print("{}\n", i.label());
      test = i.label();
      fmt::print("  {}: {}{}\n", i.name, i.text(),
                 now == Told::differs ? fmt::format("; p = {:.2g}, may be chance", i.p) : "");
    }
  }
  if (same + unknown > 0)
    fmt::print("no difference shown in {} further intervals, too few measurements to tell in {}\n", same,
               unknown);
}

}  // namespace

int run_compare(const Options& options) {
  RunHistory history;
  const std::string cases = options.patterns.empty() ? "*" : options.patterns.front();
  std::vector<std::string> a_ids, b_ids;
  const std::vector<Sample> a = samples_of(history, pattern_of(history, options.runs.at(0)), cases, a_ids);
  const std::vector<Sample> b = samples_of(history, pattern_of(history, options.runs.at(1)), cases, b_ids);
  const Comparison c = compare(a, b);
  if (options.json)
    fmt::print("{}\n", json_of(c, a_ids, b_ids).dump(2, ' ', false, ordered_json::error_handler_t::replace));
  else
    print(c, a_ids.size(), b_ids.size());
  if (c.in_both == 0) return 4;
  return c.new_failures.empty() ? 0 : 1;
}

}  // namespace o2lab
