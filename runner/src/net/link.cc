// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/link.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/tcp_reset.h"
#include "net/tcp_segment.h"

namespace o2lab {

namespace {

/// A guest that opens ever new connections must not eat the host's memory; later ones pass.
constexpr size_t kMaxOpenings = 65536;

double ms(Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

}  // namespace

std::string Fate::text() const {
  switch (dropped) {
    case Dropped::by_policy:
      return "dropped by policy";
    case Dropped::lost:
      return "lost by policy";
    case Dropped::by_queue:
      return "dropped by full queue";
    case Dropped::no:
      break;
  }
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  if (reset) add("reset by policy");
  if (flipped_bit) add(fmt::format("corrupted in bit {}", *flipped_bit));
  if (copies == 2) add("duplicated");
  if (wait[0] > 0s) add(fmt::format("delayed {:.3f} ms", ms(wait[0])));
  if (copies == 2 && wait[1] > 0s) add(fmt::format("copy delayed {:.3f} ms", ms(wait[1])));
  if (reordered) add("reordered");
  return out;
}

void Link::set(const LinkPolicy& policy, std::seed_seq& seed) {
  policy_ = policy;
  acts_ = policy != LinkPolicy{};
  random_.seed(seed);
  opened_.clear();
  line_free_ = {};
}

/// 0 to 1, 1 excluded, the same with every standard library.
double Link::draw() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;
}

bool Link::matches(Frame frame) {
  if (policy_.match == LinkPolicy::Match::all) return true;
  const std::optional<TcpSegment> segment = tcp_segment(frame);
  if (!segment) return false;
  if (policy_.match == LinkPolicy::Match::tcp_port) return segment->uses(policy_.port);
  if (!segment->opens() || segment->destination_port != policy_.port || opened_.size() >= kMaxOpenings)
    return false;
  // With the sequence number, which repetitions keep: ports are used again.
  const auto ports = static_cast<uint32_t>(segment->source_port) << 16 | segment->destination_port;
  return opened_.emplace(segment->source_address, segment->destination_address, ports, segment->sequence)
      .second;
}

void Link::flip_a_bit(Fate& fate, Frame frame, double where) {
  const size_t bits = (frame.size() - kEthernetHeader) * 8;
  if (bits == 0) return;
  const size_t bit = kEthernetHeader * 8 + static_cast<size_t>(where * static_cast<double>(bits));
  fate.flipped_bit = bit;
  fate.bytes.assign(frame.begin(), frame.end());
  fate.bytes[bit / 8] ^= std::byte{1} << bit % 8;
  ++stats.corrupted;
}

std::optional<Duration> Link::transmit(size_t size, TimePoint now) {
  if (policy_.rate == 0) return 0ns;
  const auto time_of = [&](uint64_t bytes) {
    const double ns = static_cast<double>(bytes) / policy_.rate * 1e9;
    return Duration(static_cast<int64_t>(std::min(ns, 1e18)));  // thirty years will do
  };
  // The line is free once what waits has left, so the time until then is the queue.
  if (line_free_ > now && line_free_ - now + time_of(size) > time_of(policy_.queue)) return {};
  line_free_ = std::max(line_free_, now) + time_of(size);
  return line_free_ - now;
}

Fate Link::decide(Frame frame, TimePoint now, bool may_reorder) {
  Fate fate;
  if (!matches(frame)) return fate;
  const auto drop = [&](Fate::Dropped why, uint64_t& count) {
    ++count;
    fate.dropped = why;
    fate.copies = 0;
    return fate;
  };
  if (policy_.drop) return drop(Fate::Dropped::by_policy, stats.dropped_by_policy);
  if (policy_.reset) {
    fate.bytes = as_tcp_reset(frame);
    fate.reset = !fate.bytes.empty();
    if (fate.reset) {
      ++stats.reset_by_policy;
      return fate;
    }
  }
  // All are drawn for each frame, so that what becomes of one changes nothing for the next.
  const bool random = policy_.random();
  const auto drawn = [&](double share) { return random && draw() < share; };
  const bool lost = drawn(policy_.loss);
  const bool corrupt = drawn(policy_.corrupt);
  const double where = random ? draw() : 0;
  const bool duplicate = drawn(policy_.duplicate);
  const bool reorder = drawn(policy_.reorder);
  std::array<double, 2> jitter{};
  if (random)
    for (double& share : jitter) share = 2 * draw() - 1;

  if (lost) return drop(Fate::Dropped::lost, stats.lost);
  if (corrupt) flip_a_bit(fate, frame, where);
  fate.copies = 0;
  for (const double share : jitter) {
    if (fate.copies == 1 && !duplicate) break;
    const std::optional<Duration> line = transmit(frame.size(), now);
    if (!line || held_bytes + (fate.copies + 1) * frame.size() > kMaxHeld) break;
    fate.wait[fate.copies++] =
        *line + policy_.delay +
        Duration(static_cast<int64_t>(share * static_cast<double>(policy_.jitter.count())));
  }
  if (fate.copies == 0) return drop(Fate::Dropped::by_queue, stats.dropped_by_queue);
  if (duplicate) ++(fate.copies == 2 ? stats.duplicated : stats.dropped_by_queue);
  fate.reordered = reorder && may_reorder && fate.copies == 1;
  if (fate.reordered) ++stats.reordered;
  for (size_t i = 0; i < fate.copies; ++i)
    if (fate.wait[i] > 0s) ++stats.delayed;
  return fate;
}

}  // namespace o2lab
