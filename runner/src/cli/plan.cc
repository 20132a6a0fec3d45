// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "cli/selection.h"
#include "judge/balance.h"
#include "judge/registered_case.h"
#include "judge/statistics.h"
#include "judge/stored_case.h"
#include "report/json.h"

namespace o2lab {

namespace {

using nlohmann::ordered_json;

/// A case that nobody has ever measured.
constexpr double kUnknownSeconds = 40;

ordered_json json_of(const NightPlan& plan) {
  ordered_json out{{"schema", 1}, {"id", plan.id}, {"seed", plan.seed}, {"shards", plan.shards}};
  for (const PlannedLeg& leg : plan.legs) {
    ordered_json cases = ordered_json::array();
    for (const PlannedCase& one : leg.cases)
      cases.push_back({{"name", one.name}, {"shard", one.shard}, {"seconds", one.seconds}});
    out["legs"].push_back({{"name", leg.name},
                           {"kernel", leg.kernel},
                           {"selection", leg.selection},
                           {"topology", leg.topology},
                           {"kernels", leg.inputs.kernels},
                           {"image", leg.inputs.image},
                           {"cases", cases}});
  }
  return out;
}

/// "lab:all" as a leg without its cases.
PlannedLeg leg_from(const std::string& text) {
  const size_t colon = text.find(':');
  PlannedLeg out;
  out.kernel = text.substr(0, colon);
  out.selection = colon == std::string::npos ? "all" : text.substr(colon + 1);
  if (out.selection != "all" && out.selection != "lab-test" && out.selection != "nightly")
    fail(ErrorKind::input, "--leg {}: no such selection: KERNEL:all, KERNEL:lab-test or KERNEL:nightly",
         text);
  out.name = out.kernel + "-" + out.selection;
  if (out.selection == "nightly") out.topology = "kernel-defaults";
  return out;
}

/// How long a case has taken: the median of its last runs on that kernel and topology.
class Known {
 public:
  double seconds(const std::string& name, const std::string& flavour, const std::string& topology) {
    const std::string shown = topology.empty() ? kOwnTopology : topology;
    auto& table = tables_[{flavour, shown}];
    if (!table) table = history_.durations(flavour, shown);
    const auto known = table->find(name);
    return known == table->end() ? 0 : to_seconds(known->second);
  }

 private:
  RunHistory history_;
  std::map<std::pair<std::string, std::string>, std::optional<std::map<std::string, Duration>>> tables_;
};

void add_cases(NightPlan& plan, const Options& options) {
  Known known;
  // One that a leg before runs on the same kernel and topology would be run twice.
  std::set<std::tuple<std::string, std::string, std::string>> taken;
  for (PlannedLeg& leg : plan.legs) {
    Options of_leg = options;
    of_leg.selection = leg.selection;
    of_leg.session.flavour = leg.kernel;
    std::vector<const RegisteredCase*> cases;
    for (const RegisteredCase& one : all_cases()) {
      const std::string& flavour = flavour_in(one.spec, leg.kernel);
      if (!is_wanted(of_leg, one) || !taken.emplace(one.full_name(), flavour, leg.topology).second) continue;
      cases.push_back(&one);
      leg.cases.push_back({one.full_name(), 0, known.seconds(one.full_name(), flavour, leg.topology)});
    }
    leg.inputs = run_inputs(of_leg.session, cases);
  }
}

void deal(NightPlan& plan) {
  std::vector<double> measured;
  for (const PlannedLeg& leg : plan.legs)
    for (const PlannedCase& one : leg.cases)
      if (one.seconds > 0) measured.push_back(one.seconds);
  const double unknown = measured.empty() ? kUnknownSeconds : median(measured);
  std::vector<Duration> lengths;
  for (PlannedLeg& leg : plan.legs)
    for (PlannedCase& one : leg.cases) {
      if (one.seconds <= 0) one.seconds = unknown;
      lengths.push_back(std::chrono::milliseconds(static_cast<int64_t>(one.seconds * 1000)));
    }
  const std::vector<int> shards = balance(lengths, plan.shards);
  size_t next = 0;
  for (PlannedLeg& leg : plan.legs)
    for (PlannedCase& one : leg.cases) one.shard = shards[next++];
}

}  // namespace

NightPlan read_plan(const fs::path& file) {
  try {
    const nlohmann::json in = nlohmann::json::parse(read_file(file));
    NightPlan out{in.at("id"), in.at("seed"), in.at("shards"), {}};
    for (const auto& one : in.at("legs")) {
      PlannedLeg leg{one.at("name"),
                     one.at("kernel"),
                     one.at("selection"),
                     one.at("topology"),
                     {one.at("kernels"), one.at("image")},
                     {}};
      for (const auto& c : one.at("cases"))
        leg.cases.push_back({c.at("name"), c.at("shard"), c.at("seconds")});
      out.legs.push_back(std::move(leg));
    }
    return out;
  } catch (const nlohmann::json::exception& bad) {
    fail(ErrorKind::input, "{}: not a plan of this program: {}", file.native(), bad.what());
  } catch (const Error& error) {
    throw Error(ErrorKind::input, error.what());
  }
}

const PlannedLeg& planned_leg(const NightPlan& plan, const std::string& name) {
  std::vector<std::string> there;
  for (const PlannedLeg& leg : plan.legs) {
    if (leg.name == name) return leg;
    there.push_back(leg.name);
  }
  fail(ErrorKind::input, "--leg \"{}\": not of that plan: {}", name, fmt::join(there, ", "));
}

std::vector<ExpectedCase> expected_of(const NightPlan& plan) {
  std::vector<ExpectedCase> out;
  for (const PlannedLeg& leg : plan.legs)
    for (const PlannedCase& one : leg.cases) out.push_back({leg.name, one.name, one.shard});
  return out;
}

void apply_plan(Options& options) {
  const NightPlan plan = read_plan(options.plan);
  const PlannedLeg& leg = planned_leg(plan, options.leg);
  const Shard& shard = options.shard;
  if (shard.total != plan.shards)
    fail(ErrorKind::input, "--plan: has {} shards, GTEST_TOTAL_SHARDS says {}", plan.shards, shard.total);
  ::unsetenv("GTEST_TOTAL_SHARDS");
  ::unsetenv("GTEST_SHARD_INDEX");
  options.session.flavour = leg.kernel;
  options.session.topology = leg.topology;
  options.session.seed = plan.seed;
  options.selection = leg.selection;
  std::vector<const RegisteredCase*> all;
  for (const PlannedCase& one : leg.cases) {
    const RegisteredCase* known = find_case(one.name);
    if (known == nullptr)
      fail(ErrorKind::environment, "--plan: this program has no case {}: build the tree that made the plan",
           one.name);
    all.push_back(known);
    if (one.shard == shard.index) options.patterns.push_back(one.name);
  }
  if (const std::string what = differs(leg.inputs, run_inputs(options.session, all)); !what.empty())
    fail(ErrorKind::environment, "--plan: {}", what);
  options.plan_id = plan.id;
}

int run_plan(const Options& options) {
  refuse_unknown(options.patterns);
  NightPlan plan{new_run_id(), options.session.seed, options.shards, {}};
  for (const std::string& text : options.legs.empty() ? std::vector<std::string>{"lab:all"} : options.legs)
    if (PlannedLeg leg = leg_from(text); std::none_of(
            plan.legs.begin(), plan.legs.end(), [&](const PlannedLeg& one) { return one.name == leg.name; }))
      plan.legs.push_back(std::move(leg));
  add_cases(plan, options);
  deal(plan);
  std::vector<double> load(static_cast<size_t>(plan.shards));
  std::vector<int> cases(load.size());
  for (const PlannedLeg& leg : plan.legs)
    for (const PlannedCase& one : leg.cases) {
      load[static_cast<size_t>(one.shard)] += one.seconds;
      ++cases[static_cast<size_t>(one.shard)];
    }
  const std::string text = json_of(plan).dump(1) + "\n";
  if (options.out.empty())
    fmt::print("{}", text);
  else
    write_file(options.out, text);
  for (size_t i = 0; i < load.size(); ++i)
    fmt::print(stderr, "shard {}: {} cases, {:.0f} s\n", i, cases[i], load[i]);
  return std::all_of(cases.begin(), cases.end(), [](int n) { return n == 0; }) ? 4 : 0;
}

}  // namespace o2lab
