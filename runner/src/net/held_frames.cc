// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/held_frames.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/error.h"

namespace o2lab {

// std::chrono::steady_clock is CLOCK_MONOTONIC (base/clock.h).
HeldFrames::HeldFrames() : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!timer_) fail_errno("timerfd_create");
}

HeldFrames::Id HeldFrames::add(TimePoint due, HeldFrame frame) {
  const Id id{due, next_++};
  frames_.emplace(id, std::move(frame));
  return id;
}

HeldFrames::Id HeldFrames::move(Id id, TimePoint due) {
  auto node = frames_.extract(id);
  node.key() = {due, next_++};
  return frames_.insert(std::move(node)).position->first;
}

HeldFrame HeldFrames::take(Id id) {
  return std::move(frames_.extract(id).mapped());
}

std::optional<std::pair<HeldFrames::Id, HeldFrame>> HeldFrames::take_due(TimePoint now) {
  if (frames_.empty() || frames_.begin()->first.first > now) return {};
  auto node = frames_.extract(frames_.begin());
  return std::pair(node.key(), std::move(node.mapped()));
}

size_t HeldFrames::drop(size_t from, size_t to) {
  return std::erase_if(frames_,
                       [&](const auto& held) { return held.second.from == from && held.second.to == to; });
}

void HeldFrames::arm() {
  std::optional<TimePoint> first;
  if (!frames_.empty()) first = frames_.begin()->first.first;
  if (first == armed_) return;
  armed_ = first;
  itimerspec when{};
  if (first) {
    when.it_value.tv_sec = to_ns(*first) / 1'000'000'000;
    when.it_value.tv_nsec = to_ns(*first) % 1'000'000'000;
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void HeldFrames::acknowledge() const {
  uint64_t expirations = 0;
  [[maybe_unused]] const ssize_t n = ::read(timer_.get(), &expirations, sizeof expirations);
}

}  // namespace o2lab
