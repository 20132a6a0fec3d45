// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/guest_clock.h"

#include <gtest/gtest.h>

namespace o2lab {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kS = 1000 * kMs;

/// A ping of a guest that is `offset` behind the host: `out` there, `back` here again.
ClockSample ping(int64_t guest, int64_t offset, int64_t out, int64_t back) {
  return {guest + offset - out, guest, guest + offset + back};
}

TEST(GuestClock, OneSampleIsHalfItsRoundTrip) {
  const GuestClock clock({ping(10 * kS, 500 * kS, 3 * kMs, 1 * kMs)});
  ASSERT_EQ(clock.stretches().size(), 1U);
  EXPECT_EQ(clock.stretches()[0].round_trip_ns, 4 * kMs);
  const auto at = clock.host(10 * kS, 600 * kS);
  ASSERT_TRUE(at);
  EXPECT_NEAR(static_cast<double>(at->ns), 509.999e9, 2000);  // the middle: 1 ms before the truth
  EXPECT_GE(at->error_ns, 2 * kMs);
  EXPECT_LE(at->error_ns, 2 * kMs + 2000);
}

TEST(GuestClock, SamplesCutEachOtherDown) {
  // Slow there and slow back: together they leave 0.2 ms.
  const GuestClock clock(
      {ping(10 * kS, 500 * kS, 9 * kMs, kMs / 10), ping(10 * kS + kMs, 500 * kS, kMs / 10, 9 * kMs)});
  const auto at = clock.host(10 * kS, 600 * kS);
  EXPECT_NEAR(static_cast<double>(at->ns), 510e9, 2000);
  EXPECT_LE(at->error_ns, kMs / 10 + 3000);
}

TEST(GuestClock, ErrorGrowsAwayFromSamples) {
  const GuestClock clock({ping(10 * kS, 500 * kS, kMs, kMs)});
  // 100 ppm of 100 s
  EXPECT_NEAR(static_cast<double>(clock.host(110 * kS, 700 * kS)->error_ns), 11e6, 1e4);
}

TEST(GuestClock, TheTruthIsWithinTheErrorWhateverTheDelays) {
  std::vector<ClockSample> samples;
  for (int i = 0; i < 60; ++i) {
    const int64_t guest = (5 + i) * kS;
    const int64_t offset = 500 * kS + i * 40'000;  // 40 ppm
    samples.push_back(ping(guest, offset, (i * 7 % 11 + 1) * kMs / 4, (i * 5 % 13 + 1) * kMs / 4));
  }
  const GuestClock clock(samples);
  ASSERT_EQ(clock.stretches().size(), 1U);
  for (int i = 0; i < 60; ++i) {
    const int64_t truth = (5 + i) * kS + 500 * kS + i * 40'000;
    const auto at = clock.host((5 + i) * kS, truth + kS);
    EXPECT_LE(std::abs(at->ns - truth), at->error_ns) << i;
    EXPECT_LE(at->error_ns, 2 * kMs) << i;
  }
}

TEST(GuestClock, SuspendedGuestHasTwoStretches) {
  // Suspended for 30 s at 20 s of its own time.
  const GuestClock clock({ping(10 * kS, 500 * kS, kMs, kMs), ping(19 * kS, 500 * kS, kMs, kMs),
                          ping(21 * kS, 530 * kS, kMs, kMs), ping(25 * kS, 530 * kS, kMs, kMs)});
  ASSERT_EQ(clock.stretches().size(), 2U);
  const auto host = [&](int64_t guest, int64_t arrived) {
    return static_cast<double>(clock.host(guest, arrived)->ns) / 1e9;
  };
  EXPECT_NEAR(host(18 * kS, 518 * kS + kMs), 518, 0.002);
  EXPECT_NEAR(host(19 * kS + 500 * kMs, 519 * kS + 501 * kMs), 519.5, 0.002) << "arrived before it";
  EXPECT_NEAR(host(20 * kS + 500 * kMs, 550 * kS + 501 * kMs), 550.5, 0.002) << "arrived after it";
  EXPECT_NEAR(host(24 * kS, 555 * kS), 554, 0.002);
}

TEST(GuestClock, NothingIsLaterThanItsArrival) {
  const GuestClock clock({ping(10 * kS, 500 * kS, 9 * kMs, kMs)});
  EXPECT_EQ(clock.host(10 * kS, 505 * kS)->ns, 505 * kS);
}

TEST(GuestClock, WithoutSamplesNothingIsSaid) {
  EXPECT_FALSE(GuestClock().host(1, 2));
  EXPECT_FALSE(GuestClock(std::vector<ClockSample>{}).host(1, 2));
}

TEST(GuestClock, AsJsonAndBack) {
  const GuestClock clock({ping(10 * kS, 500 * kS, kMs, kMs), ping(20 * kS, 540 * kS, kMs, kMs)});
  const auto back = nlohmann::json::parse(nlohmann::json(clock).dump()).get<GuestClock>();
  EXPECT_EQ(back.stretches(), clock.stretches());
}

}  // namespace
}  // namespace o2lab
