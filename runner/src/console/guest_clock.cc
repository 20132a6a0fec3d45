// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/guest_clock.h"

#include <algorithm>
#include <cstdlib>

namespace o2lab {

namespace {

/// Both sides read the same counter, the guest at a rate told to it in whole kHz (tsc_early_khz); what is
/// left is how far NTP slews the host's clock, which is tens of ppm.
constexpr int64_t kDriftPpm = 100;
constexpr int64_t kResolution = 1000;                      // ftrace prints microseconds
constexpr int64_t kPointEvery = 5LL * 1000 * 1000 * 1000;  // of the guest's time, in what is stored

int64_t drift(int64_t a, int64_t b) {
  return std::abs(a - b) / 1'000'000 * kDriftPpm + 1;
}

struct Bounds {
  int64_t guest, low, high;
  void join(const Bounds& other) {
    const int64_t wider = drift(guest, other.guest);
    low = std::max(low, other.low - wider);
    high = std::min(high, other.high + wider);
  }
};

ClockPoint point_of(const Bounds& b) {
  return {b.guest, b.low + (b.high - b.low) / 2, (b.high - b.low + 1) / 2};
}

ClockStretch stretch_of(const std::vector<Bounds>& forward, std::vector<Bounds> all,
                        const std::vector<int64_t>& trips) {
  // What a later sample proves holds for earlier ones too.
  for (size_t i = all.size() - 1; i-- > 0;) all[i].join(all[i + 1]);
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].low = std::max(all[i].low, forward[i].low);
    all[i].high = std::min(all[i].high, forward[i].high);
  }
  ClockStretch out;
  out.samples = static_cast<int64_t>(all.size());
  out.round_trip_ns = *std::min_element(trips.begin(), trips.end());
  for (size_t i = 0; i < all.size(); ++i)
    if (i == 0 || i + 1 == all.size() || all[i].guest - out.points.back().guest_ns >= kPointEvery)
      out.points.push_back(point_of(all[i]));
  return out;
}

HostMoment at_point(const ClockPoint& p, int64_t guest_ns) {
  return {guest_ns + p.offset_ns, p.error_ns + drift(guest_ns, p.guest_ns)};
}

HostMoment within(const ClockStretch& stretch, int64_t guest_ns) {
  const auto& points = stretch.points;
  const auto after = std::lower_bound(points.begin(), points.end(), guest_ns,
                                      [](const ClockPoint& p, int64_t g) { return p.guest_ns < g; });
  if (after == points.begin()) return at_point(points.front(), guest_ns);
  if (after == points.end()) return at_point(points.back(), guest_ns);
  const auto before = std::prev(after);
  return at_point(guest_ns - before->guest_ns < after->guest_ns - guest_ns ? *before : *after, guest_ns);
}

}  // namespace

GuestClock::GuestClock(const std::vector<ClockSample>& samples) {
  std::vector<Bounds> forward, all;
  std::vector<int64_t> trips;
  const auto close = [&] {
    if (!all.empty()) stretches_.push_back(stretch_of(forward, all, trips));
    forward.clear();
    all.clear();
    trips.clear();
  };
  for (const ClockSample& sample : samples) {
    const Bounds own{sample.guest_ns, sample.sent_ns - sample.guest_ns - kResolution,
                     sample.received_ns - sample.guest_ns};
    Bounds joined = own;
    if (!forward.empty()) joined.join(forward.back());
    if (joined.low > joined.high) {
      close();
      joined = own;
    }
    forward.push_back(joined);
    all.push_back(own);
    trips.push_back(sample.round_trip_ns());
  }
  close();
}

std::optional<HostMoment> GuestClock::host(int64_t guest_ns, int64_t arrived_ns) const {
  if (stretches_.empty()) return {};
  size_t at = 0;
  while (at + 1 < stretches_.size() && stretches_[at + 1].points.front().guest_ns <= guest_ns) ++at;
  HostMoment moment = within(stretches_[at], guest_ns);
  // Between two stretches: after the guest stood still, unless it had arrived by then.
  if (at + 1 < stretches_.size() && guest_ns > stretches_[at].points.back().guest_ns) {
    const HostMoment later = within(stretches_[at + 1], guest_ns);
    if (later.ns - later.error_ns <= arrived_ns) moment = later;
  }
  moment.ns = std::min(moment.ns, arrived_ns);
  return moment;
}

void to_json(nlohmann::json& out, const GuestClock& clock) {
  out = nlohmann::json::array();
  for (const ClockStretch& s : clock.stretches()) {
    nlohmann::json points = nlohmann::json::array();
    for (const ClockPoint& p : s.points) points.push_back({p.guest_ns, p.offset_ns, p.error_ns});
    out.push_back(
        {{"samples", s.samples}, {"round_trip_ns", s.round_trip_ns}, {"points", std::move(points)}});
  }
}

void from_json(const nlohmann::json& in, GuestClock& clock) {
  for (const auto& s : in) {
    ClockStretch stretch{s.at("samples").get<int64_t>(), s.at("round_trip_ns").get<int64_t>(), {}};
    for (const auto& p : s.at("points"))
      stretch.points.push_back({p.at(0).get<int64_t>(), p.at(1).get<int64_t>(), p.at(2).get<int64_t>()});
    if (!stretch.points.empty()) clock.stretches_.push_back(std::move(stretch));
  }
}

}  // namespace o2lab
