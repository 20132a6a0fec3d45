// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/smaller_schedule.h"

#include <fmt/format.h>

namespace o2lab {

bool still_fails(const CaseResult& again, const FailureSignature& first) {
  return again.verdict == Verdict::fail && is_same_failure(signature_of(again), first);
}

std::string command_of(const ScheduleRun& run) {
  std::string out = fmt::format("o2lab run {} --schedule {} --seed {} --kernel {}", run.name,
                                run.schedule.native(), run.seed, run.flavour);
  if (!run.topology.empty()) out += " --topology " + run.topology;
  return out;
}

}  // namespace o2lab
