// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace o2lab {

/// What a disk path does to the requests that it is for.
struct DiskRule {
  enum class Action {
    hang,   ///< held until the rule goes
    eio,    ///< ended with EIO; they do not reach the file
    delay,  ///< held for `delay` plus or minus up to `jitter`
    rate,   ///< one after the other at `bytes_per_second`, as they came
  };
  Action action = Action::hang;
  bool reads = true;
  bool writes = true;  ///< trim and zero are writes
  uint64_t offset = 0;
  uint64_t length = 0;   ///< bytes; 0: the whole disk
  bool outside = false;  ///< for everything but that range
  Duration delay = Duration::zero();
  Duration jitter = Duration::zero();  ///< at most `delay`
  uint64_t bytes_per_second = 0;       ///< at least 1 for rate
  uint64_t seed = 0;                   ///< of the jitter

  /// Whether it is for a request with at least one byte where it holds.
  bool is_for(bool write, uint64_t at, uint64_t bytes) const;
};

const char* name_of(DiskRule::Action action);
/// "reads", "writes", "reads and writes"
const char* operations_of(const DiskRule& rule);

/// One line, as the filter of runner/nbdkit/ takes it and logs it: ACTION r|w|rw all|(in|out OFFSET LENGTH),
/// then for delay nanoseconds of delay, of jitter, and the seed, for rate bytes a second.
std::string text_of(const DiskRule& rule);
/// Throws input that says what is wrong.
DiskRule parse_disk_rule(std::string_view text);

}  // namespace o2lab
