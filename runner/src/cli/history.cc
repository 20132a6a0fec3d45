// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "cli/options.h"
#include "cli/stored_runs.h"
#include "judge/case_key.h"
#include "judge/failure_rate.h"
#include "report/history.h"
#include "report/json.h"
#include "report/legs.h"
#include "report/progress.h"
#include "report/text.h"

namespace o2lab {

namespace {

using nlohmann::ordered_json;

FailureRate rate_of(const std::vector<const StoredCase*>& all) {
  FailureRate out;
  for (const StoredCase* one : all) {
    if (one->verdict != "pass" && one->verdict != "fail") continue;
    ++out.ran;
    if (one->failed()) ++out.failed;
  }
  return out;
}

struct Measured {
  std::vector<double> seconds;
  const Interval* last = nullptr;
  int64_t broken = 0;  ///< out of bounds, or never seen
};

std::map<std::string, Measured> intervals_of(const std::vector<const StoredCase*>& all) {
  std::map<std::string, Measured> out;
  for (const StoredCase* one : all)
    for (const Interval& i : one->intervals) {
      Measured& m = out[i.name];
      m.last = &i;
      if (i.measured) m.seconds.push_back(to_seconds(*i.measured));
      if (!i.ok) ++m.broken;
    }
  return out;
}

ordered_json json_of(const CaseKey& key, const std::vector<const StoredCase*>& all) {
  const FailureRate rate = rate_of(all);
  const Range range = wilson(rate.failed, rate.ran);
  ordered_json out{
      {"name", key.name},
      {"flavour", key.flavour},
      {"topology", key.topology},
      {"ran", rate.ran},
      {"failed", rate.failed},
      {"failure_rate", rate.ran == 0 ? ordered_json() : ordered_json(double(rate.failed) / double(rate.ran))},
      {"failure_rate_95", {range.low, range.high}},
      {"runs", ordered_json::array()},
      {"intervals", ordered_json::array()}};
  for (const StoredCase* one : all)
    out["runs"].push_back({{"run", one->run},
                           {"started", one->started},
                           {"kernel", one->kernel},
                           {"kernel_hash", one->kernel_hash},
                           {"verdict", one->verdict},
                           {"reason", one->reason},
                           {"seconds", to_seconds(one->duration)}});
  for (const auto& [interval, m] : intervals_of(all))
    out["intervals"].push_back(
        {{"name", interval},
         {"seconds", m.seconds},
         {"median", m.seconds.empty() ? ordered_json() : ordered_json(median(m.seconds))},
         {"out_of_bounds", m.broken}});
  return out;
}

void print_one(const CaseKey& key, const std::vector<const StoredCase*>& all) {
  constexpr size_t shown = 40;
  fmt::print("{}: {}\n", label_of(key), text_of(rate_of(all)));
  if (all.size() > shown) fmt::print("  {} older ones are in --json\n", all.size() - shown);
  for (size_t i = all.size() - std::min(all.size(), shown); i < all.size(); ++i)
    fmt::print("  {}  {:<5} {:>8}  {}  {}{}\n", all[i]->started.substr(0, 16), all[i]->verdict,
               human(all[i]->duration), all[i]->run, all[i]->kernel,
               all[i]->failed() || all[i]->verdict == "skip" ? "  " + all[i]->reason : "");
  const auto intervals = intervals_of(all);
  if (!intervals.empty()) fmt::print("intervals\n");
  for (const auto& [interval, m] : intervals) {
    if (m.seconds.empty()) {
      fmt::print("  {}: never seen\n", interval);
      continue;
    }
    fmt::print(
        "  {}: median {:.2f} s, middle half {:.2f} to {:.2f} s, all {:.2f} to {:.2f} s of {}; allowed {}{}\n",
        interval, median(m.seconds), quantile(m.seconds, 0.25), quantile(m.seconds, 0.75),
        quantile(m.seconds, 0), quantile(m.seconds, 1), m.seconds.size(), bounds_of(*m.last),
        m.broken > 0 ? fmt::format("; {} out of bounds", m.broken) : "");
  }
}

/// Every case at every prefix, one on two kernels in turn, or a bisection: what fails there says nothing of a
/// case on the kernel that a run is usually of.
bool of_several_kernels(const fs::path& run_dir) {
  std::error_code error;
  return fs::exists(run_dir / "matrix.json", error) || fs::exists(run_dir / "against.json", error) ||
         fs::exists(run_dir / "bisect.json", error);
}

}  // namespace

Past remember(const RunResult& run, const fs::path& run_dir, const std::vector<CaseEvents>& parts,
              bool went_on) {
  try {
    RunHistory history;
    Past past = history.before(run);
    // Nothing ran, or faults were left out: that says nothing to other runs.
    if (!run.cases.empty() && run.command.find("--no-faults") == std::string::npos &&
        !of_several_kernels(run_dir) && !is_a_part(run_dir) && parts_of(run).empty())
      history.add(run, run_dir, parts,
                  went_on ? std::vector<std::string>{run.id} : std::vector<std::string>{});
    return past;
  } catch (const std::exception& error) {
    fmt::print(stderr, "o2lab: this run is not in the history: {}\n", error.what());
    return {};
  }
}

int run_history(const Options& options) {
  RunHistory history;
  if (!options.runs.empty()) {
    int added = 0;
    for (const std::string& dir : options.runs) {
      if (of_several_kernels(dir)) {
        if (!options.json) fmt::print("{}: left out: its cases ran on several kernels\n", dir);
        continue;
      }
      if (is_a_part(dir)) {
        if (!options.json) fmt::print("{}: left out: it counts where it is merged (o2lab merge)\n", dir);
        continue;
      }
      const bool is_new = import_run(history, dir);
      added += is_new ? 1 : 0;
      if (!options.json) fmt::print("{}: {}\n", dir, is_new ? "added" : "was there already");
    }
    if (options.patterns.empty()) {
      if (options.json) fmt::print("{}\n", ordered_json{{"added", added}}.dump());
      return 0;
    }
  }
  std::vector<StoredCase> stored;
  for (const std::string& pattern :
       options.patterns.empty() ? std::vector<std::string>{"*"} : options.patterns)
    for (StoredCase& one : history.cases(pattern)) stored.push_back(std::move(one));
  std::map<CaseKey, std::vector<const StoredCase*>> by_key;
  for (const StoredCase& one : stored) by_key[key_of(one)].push_back(&one);
  if (options.json) {
    ordered_json out = ordered_json::array();
    for (const auto& [key, all] : by_key) out.push_back(json_of(key, all));
    fmt::print("{}\n", out.dump(2, ' ', false, ordered_json::error_handler_t::replace));
    return by_key.empty() ? 4 : 0;
  }
  if (by_key.empty()) {
    fmt::print(stderr,
               "o2lab: no stored run has such a case: `o2lab history --import results/*` reads runs made "
               "before the history was kept\n");
    return 4;
  }
  const bool one_case = by_key.begin()->first.name == by_key.rbegin()->first.name;
  for (const auto& [key, all] : by_key) {
    if (one_case)
      print_one(key, all);
    else
      fmt::print("{:<60} {}\n", label_of(key), text_of(rate_of(all)));
  }
  return 0;
}

}  // namespace o2lab
