// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "base/paths.h"
#include "judge/failure_signature.h"

namespace o2lab {

/// Whether a case that was run again with fewer faults failed as it did at first: another failure is another
/// bug, and its schedule no smaller one of this.
bool still_fails(const CaseResult& again, const FailureSignature& first);

/// What a schedule depends on beside itself: of the seed come jitter, losses and the moments that nodes wake.
struct ScheduleRun {
  std::string name;  ///< of the case
  fs::path schedule;
  uint64_t seed = 0;
  std::string flavour;   ///< of the kernel
  std::string topology;  ///< as it was asked for; empty: the case's own
};

/// The command that runs it again: "o2lab run NAME --schedule FILE --seed N --kernel FLAVOUR".
std::string command_of(const ScheduleRun& run);

}  // namespace o2lab
