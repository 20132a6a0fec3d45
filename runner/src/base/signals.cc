// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/signals.h"

#include <atomic>
#include <cerrno>

#include "base/error.h"

namespace o2lab {

namespace {

std::atomic<const StopFd*> raised_by_signal = nullptr;
std::atomic<int> first_signal = 0;
static_assert(std::atomic<const StopFd*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  const int saved = errno;
  int none = 0;
  first_signal.compare_exchange_strong(none, number);
  if (const StopFd* stop = raised_by_signal.load(); stop != nullptr) stop->raise();
  errno = saved;
}

}  // namespace

SignalStop::SignalStop() {
  const StopFd* nobody = nullptr;
  if (!raised_by_signal.compare_exchange_strong(nobody, &stop_))
    fail(ErrorKind::infra, "two owners of the stop signals");
  first_signal = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < signals_.size(); ++i) ::sigaction(signals_[i], &action, &before_[i]);
}

SignalStop::~SignalStop() {
  for (size_t i = 0; i < signals_.size(); ++i) ::sigaction(signals_[i], &before_[i], nullptr);
  raised_by_signal = nullptr;
}

int SignalStop::received() const {
  return first_signal;
}

int stop_signal_fd() {
  const StopFd* stop = raised_by_signal.load();
  return stop != nullptr ? stop->get() : -1;
}

}  // namespace o2lab
