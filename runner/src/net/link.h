// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "net/frame.h"
#include "net/link_policy.h"

namespace o2lab {

/// What went from one node towards another since the switch started.
struct PairStats {
  uint64_t frames = 0;  ///< sent on, copies included
  uint64_t bytes = 0;
  uint64_t dropped_by_policy = 0;
  uint64_t dropped_other = 0;  ///< refused by the kernel when sent to QEMU
  uint64_t reset_by_policy = 0;
  uint64_t lost = 0;
  uint64_t corrupted = 0;
  uint64_t duplicated = 0;
  uint64_t dropped_by_queue = 0;  ///< found no room behind the frames that wait
  uint64_t delayed = 0;           ///< waited for the line or for their delay, copies included
  uint64_t reordered = 0;
  uint64_t dropped_held = 0;  ///< waited when the policy changed
};

/// What becomes of one frame.
struct Fate {
  enum class Dropped { no, by_policy, lost, by_queue };
  Dropped dropped = Dropped::no;
  bool reset = false;
  std::optional<size_t> flipped_bit;  ///< counted from the start of the frame
  bool reordered = false;             ///< waits for the next one
  size_t copies = 1;
  std::array<Duration, 2> wait{};  ///< of each copy; 0: goes on at once
  std::vector<std::byte> bytes;    ///< what arrives instead; empty: the frame as it came

  /// "dropped by policy", "delayed 12.345 ms, duplicated"; empty for a frame to which nothing happens.
  std::string text() const;
};

/// Decides what becomes of the frames of one link. Knows no socket and no clock of its own: the same policy,
/// seed, frames and times make the same decisions.
class Link {
 public:
  /// What may wait on one link, whatever its policy: a sender that does not care must not eat the host's
  /// memory.
  static constexpr uint64_t kMaxHeld = 32 << 20;

  /// From the next frame on; forgets what it knew of earlier ones.
  void set(const LinkPolicy& policy, std::seed_seq& seed);
  const LinkPolicy& policy() const { return policy_; }
  /// There is anything to decide.
  bool acts() const { return acts_; }

  /// `may_reorder`: no other frame waits for its next one.
  Fate decide(Frame frame, TimePoint now, bool may_reorder);

  PairStats stats;
  uint64_t held_bytes = 0;  ///< kept by whoever holds the frames

 private:
  using Opening = std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>;

  bool matches(Frame frame);
  double draw();
  void flip_a_bit(Fate& fate, Frame frame, double where);
  /// Until the frame has left the line; nothing when the queue is full.
  std::optional<Duration> transmit(size_t size, TimePoint now);

  LinkPolicy policy_;
  bool acts_ = false;
  std::mt19937_64 random_;
  std::set<Opening> opened_;
  TimePoint line_free_{};
};

}  // namespace o2lab
