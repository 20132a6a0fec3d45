// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tsc.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "base/clock.h"
#ifdef __x86_64__
#include <x86intrin.h>

namespace o2lab {
namespace {

TEST(Tsc, RateHoldsOverALongerTime) {
  const unsigned khz = host_tsc_khz();
  const TimePoint before = Clock::now();
  const uint64_t first = __rdtsc();
  ::poll(nullptr, 0, 200);
  const uint64_t last = __rdtsc();
  const double seconds = to_seconds(Clock::now() - before);
  EXPECT_NEAR(static_cast<double>(last - first) / seconds / 1000 / khz, 1.0, 0.01);
}

}  // namespace
}  // namespace o2lab
#endif
