// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/shift.h"

namespace o2lab {

void shift(CaseResult& result, Duration by) {
  result.started += by;
  result.ended += by;

  for (Finding& one : result.kernel_reports) one.at += by;
}

void shift(Event& event, Duration by) {
  event.at += by;
  if (event.kind != "guest_clock" || !event.fields.contains("clock")) return;
  // A guest's clock on the host's: its points hold the difference of the two (console/guest_clock.h).
  for (auto& stretch : event.fields["clock"])
    for (auto& point : stretch.at("points")) point.at(1) = point.at(1).get<int64_t>() + by.count();
}

Duration file_clock(const RunResult& run, const std::string& folder) {
  if (!run.statistics.contains("file_clock_ns")) return {};
  return Duration(run.statistics["file_clock_ns"].value(folder, int64_t{0}));
}

void set_file_clock(RunResult& run, const std::string& folder, Duration clock) {
  if (clock != Duration::zero()) run.statistics["file_clock_ns"][folder] = clock.count();
}

}  // namespace o2lab
