// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/clock.h"

namespace o2lab {

/// What happens to frames on their way from one node to another, in that direction only, in the order of the
/// members: a frame that is dropped is not delayed, a copy of it waits for the line as it does.
struct LinkPolicy {
  bool drop = false;
  bool reset = false;  ///< TCP segments arrive as resets of their connection (net/tcp_reset.h)

  double loss = 0;       ///< share of frames that are lost, 0..1
  double corrupt = 0;    ///< share in which one bit behind the Ethernet header is flipped, 0..1
  double duplicate = 0;  ///< share that arrives twice, 0..1

  /// Bytes of frames a second, at least 0.01; 0: as fast as they come. What does not fit into `queue` behind
  /// a frame that is on the line is dropped (tail drop).
  double rate = 0;
  uint64_t queue = 64 << 10;  ///< bytes that may wait for the line; means nothing without a rate

  /// Each frame waits for `delay` plus a share of `jitter` between -1 and 1, all equally likely: so that a
  /// case can name the worst that may come, which no distribution with a tail allows. Frames may overtake
  /// each other by it. `jitter` is at most `delay`.
  Duration delay{};
  Duration jitter{};
  /// Share of frames that arrive behind the next one, 0..1; where no next one comes, kReorderHold late.
  double reorder = 0;

  /// The frames that all of this is for; others pass.
  enum class Match {
    all,
    tcp_port,   ///< TCP segments from or to `port`
    first_syn,  ///< the first SYN of each connection to `port`, not its repetitions
  };
  Match match = Match::all;
  uint16_t port = 7777;  ///< o2net's

  bool operator==(const LinkPolicy&) const = default;
  /// Depends on the seed.
  bool random() const;
};

/// How long a reordered frame waits for the next one.
constexpr Duration kReorderHold = 100ms;

const char* name_of(LinkPolicy::Match match);

/// Throws input naming the member that is out of range.
void check(const LinkPolicy& policy);

/// `drop`, and whatever else is not as in a link without faults; times in milliseconds, rate in bytes a
/// second.
void to_json(nlohmann::json& out, const LinkPolicy& policy);

/// "delay 500 ms, jitter 100 ms, loss 10 %, tcp_port 7777"; "no fault" for a link without any.
std::string text_of(const LinkPolicy& policy);

}  // namespace o2lab
