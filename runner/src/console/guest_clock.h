// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace o2lab {

/// One ping: the host asked, the guest noted its clock, the answer came back.
struct ClockSample {
  int64_t sent_ns = 0;      ///< host, before the question left
  int64_t guest_ns = 0;     ///< guest, somewhere between the two; cut to whole microseconds as ftrace does
  int64_t received_ns = 0;  ///< host, after the answer had come
  int64_t round_trip_ns() const { return received_ns - sent_ns; }
};

/// What a guest's clock was at one moment: host = guest + offset, give or take the error.
struct ClockPoint {
  int64_t guest_ns = 0;
  int64_t offset_ns = 0;
  int64_t error_ns = 0;  ///< half of the interval that the samples prove, drift between them included
  bool operator==(const ClockPoint&) const = default;
};

/// A stretch in which a guest's clock ran with the host's; it ends where the guest stood still (suspended).
struct ClockStretch {
  int64_t samples = 0;
  int64_t round_trip_ns = 0;  ///< the smallest
  std::vector<ClockPoint> points;
  bool operator==(const ClockStretch&) const = default;
};

/// A moment of a guest on the host's clock.
struct HostMoment {
  int64_t ns = 0;
  int64_t error_ns = 0;
};

/// The clock of one incarnation of a node on the host's clock. Each sample proves that the offset lies
/// between sent - guest and received - guest; samples near each other hold for each other, widened by the
/// drift that is allowed for. Where two exclude each other the guest's clock stood still in between.
class GuestClock {
 public:
  GuestClock() = default;
  explicit GuestClock(const std::vector<ClockSample>& samples);

  /// Host time of what the guest stamped `guest_ns` and what had reached the host at `arrived_ns`: never
  /// later than that. Empty without a sample.
  std::optional<HostMoment> host(int64_t guest_ns, int64_t arrived_ns) const;
  const std::vector<ClockStretch>& stretches() const { return stretches_; }

 private:
  friend void from_json(const nlohmann::json& in, GuestClock& clock);
  std::vector<ClockStretch> stretches_;
};

/// [{"samples", "round_trip_ns", "points": [[guest_ns, offset_ns, error_ns], …]}, …]
void to_json(nlohmann::json& out, const GuestClock& clock);
void from_json(const nlohmann::json& in, GuestClock& clock);

}  // namespace o2lab
