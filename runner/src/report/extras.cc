// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/extras.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/shift.h"

namespace o2lab {
namespace {

/// A write as "t_ns" in the "writes" of a node, or as "asked_ns" in a flat list.
void add_beats(const nlohmann::json& in, int node, std::map<int, std::vector<TimePoint>>& out) {
  if (!in.is_array()) return;
  for (const auto& one : in) {
    if (!one.is_object()) continue;
    const int own = one.value("node", node);
    if (one.contains("writes")) add_beats(one["writes"], own, out);
    for (const char* key : {"t_ns", "asked_ns"})
      if (own > 0 && one.contains(key) && one[key].is_number_integer() && one.value("slot", own) == own)
        out[own].push_back(from_ns(one[key].get<int64_t>()));
  }
}

}  // namespace

void read_case_files(const RunResult& run, const fs::path& run_dir, ReportExtras& extras) {
  for (const CaseResult& c : run.cases) {
    const fs::path dir = run_dir / c.folder();
    for (int node = 1; c.failed() && node <= c.nodes; ++node)
      extras.consoles[c.folder()][node] = read_file_or_empty(dir / fmt::format("node{}.console", node));
    try {
      auto& beats = extras.beats[c.folder()];
      add_beats(nlohmann::json::parse(read_file_or_empty(dir / "heartbeat.json"), nullptr, false), 0, beats);
      for (auto& [node, times] : beats) {
        for (TimePoint& at : times) at += file_clock(run, c.folder());
        std::sort(times.begin(), times.end());
      }
    } catch (const nlohmann::json::exception&) {
      continue;  // written by another version: the page is made without it
    }
  }
}

}  // namespace o2lab
