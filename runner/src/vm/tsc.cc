// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tsc.h"

#include <poll.h>

#include "base/clock.h"
#ifdef __x86_64__
#include <x86intrin.h>
#endif

namespace o2lab {

#ifdef __x86_64__
namespace {

struct Stamp {
  int64_t ns = 0;
  uint64_t ticks = 0;
};

// Both clocks at one moment: of a few tries the one that was least interrupted.
Stamp stamp() {
  Stamp best;
  int64_t shortest = INT64_MAX;
  for (int i = 0; i < 8; ++i) {
    const int64_t before = to_ns(Clock::now());
    const uint64_t ticks = __rdtsc();
    const int64_t after = to_ns(Clock::now());
    if (after - before >= shortest) continue;
    shortest = after - before;
    best = {before + (after - before) / 2, ticks};
  }
  return best;
}

unsigned measure() {
  const Stamp first = stamp();
  ::poll(nullptr, 0, 20);
  const Stamp last = stamp();
  // Ticks per ns is GHz.
  return static_cast<unsigned>(
      static_cast<double>(last.ticks - first.ticks) * 1e6 / static_cast<double>(last.ns - first.ns) + 0.5);
}

}  // namespace

unsigned host_tsc_khz() {
  static const unsigned khz = measure();
  return khz;
}
#else
unsigned host_tsc_khz() {
  return 0;
}
#endif

}  // namespace o2lab
