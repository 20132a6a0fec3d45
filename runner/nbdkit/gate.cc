// SPDX-License-Identifier: GPL-2.0-or-later
#include "gate.h"

#include <algorithm>

namespace o2lab {

Gate::Pass Gate::enter(bool write, uint64_t offset, uint64_t length) {
  using What = DiskRules::Answer::What;
  DiskRules::Request request{write, offset, length, {}};
  std::unique_lock lock(mutex_);
  for (;;) {
    const DiskRules::Answer answer = rules_.ask(request, Clock::now());
    if (answer.what == What::fail) return {};
    if (answer.what == What::go) return {this, under_way_.insert(under_way_.end(), std::move(request))};
    load_.most = std::max(load_.most, ++load_.held);
    if (answer.what == What::hang)
      changed_.wait(lock);
    else
      changed_.wait_until(lock, answer.until);
    --load_.held;
  }
}

void Gate::leave(std::list<DiskRules::Request>::iterator request) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(request);
  left_.notify_all();
}

void Gate::set(int number, const DiskRule& rule) {
  std::unique_lock lock(mutex_);
  rules_.set(number, rule);
  load_.most = load_.held;
  changed_.notify_all();
  left_.wait(lock, [&] {
    return std::none_of(under_way_.begin(), under_way_.end(), [&](const DiskRules::Request& request) {
      return rule.is_for(request.write, request.offset, request.length);
    });
  });
}

bool Gate::clear(int number) {
  const std::lock_guard lock(mutex_);
  const bool was_there = rules_.clear(number);
  changed_.notify_all();
  return was_there;
}

void Gate::clear_all() {
  const std::lock_guard lock(mutex_);
  rules_.clear_all();
  changed_.notify_all();
}

Gate::Load Gate::load() {
  const std::lock_guard lock(mutex_);
  load_.rules = rules_.size();
  return load_;
}

}  // namespace o2lab
