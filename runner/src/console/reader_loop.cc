// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/reader_loop.h"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace o2lab {

namespace {

// An event names descriptor and generation, so that one which waits in the batch for a descriptor that was
// closed and opened again meanwhile is known to be old. 32 bits of generation do not come round within a
// batch.
uint64_t tag_of(int fd, uint64_t generation) {
  return (generation << 32) | static_cast<uint32_t>(fd);
}

}  // namespace

ReaderLoop::ReaderLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) fail_errno("epoll_create1");
  watch(stop_.get(), [] {});
  thread_ = std::thread([this] { serve(); });
}

ReaderLoop::~ReaderLoop() {
  stop_.raise();
  thread_.join();
}

void ReaderLoop::watch(int fd, Ready ready) {
  const std::lock_guard lock(mutex_);
  const uint64_t generation = ++generation_ & 0xffffffffu;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag_of(fd, generation);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail_errno("epoll_ctl");
  watched_[fd] = {generation, std::make_shared<Ready>(std::move(ready))};
}

void ReaderLoop::unwatch(int fd) {
  const std::lock_guard lock(mutex_);
  if (watched_.erase(fd) != 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void ReaderLoop::tick(const void* owner, Ready job) {
  const std::lock_guard lock(mutex_);
  ticks_[owner] = std::move(job);
}

void ReaderLoop::untick(const void* owner) {
  const std::lock_guard lock(mutex_);
  ticks_.erase(owner);
}

void ReaderLoop::exclusively(const std::function<void()>& job) {
  const std::lock_guard lock(mutex_);
  job();
}

void ReaderLoop::serve() {
  constexpr Duration every = 200ms;
  epoll_event events[16];
  TimePoint next = Clock::now() + every;
  while (!stop_.raised()) {
    const int n = ::epoll_wait(epoll_.get(), events, 16, Deadline::at(next).poll_ms());
    for (int i = 0; i < n; ++i)
      dispatch(static_cast<int>(events[i].data.u64 & 0xffffffffu), events[i].data.u64 >> 32);
    if (Clock::now() < next) continue;
    next = Clock::now() + every;
    run_ticks();
  }
}

void ReaderLoop::run_ticks() {
  const std::lock_guard lock(mutex_);
  for (const auto& [owner, job] : ticks_) job();
}

void ReaderLoop::dispatch(int fd, uint64_t generation) {
  const std::lock_guard lock(mutex_);
  const auto found = watched_.find(fd);
  if (found == watched_.end() || found->second.generation != generation) return;
  // A copy, since the callback may unwatch itself.
  const std::shared_ptr<Ready> ready = found->second.ready;
  (*ready)();
}

}  // namespace o2lab
