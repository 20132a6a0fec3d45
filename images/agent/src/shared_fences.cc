// SPDX-License-Identifier: GPL-2.0-or-later
#include "shared_fences.h"

namespace o2member {

bool SharedFences::ask(uint32_t node, const char* name, Clock::time_point missed, Clock::time_point now) {
  if (running_[node] != 0 && missed <= began_[node]) return true;
  if (++last_ == 0) ++last_;
  if (!runner_.ask(node, last_, name)) return false;
  running_[node] = last_;
  began_[node] = now;
  return true;
}

bool SharedFences::next(Result& result) {
  FenceRunner::Result ended{};
  while (runner_.next(ended)) {
    if (running_[ended.node] != ended.ticket) continue;
    running_[ended.node] = 0;
    result = {.node = ended.node, .began = began_[ended.node], .success = ended.success};
    return true;
  }
  return false;
}

void AwaitedFences::ask(uint32_t node, uint32_t ticket, Clock::time_point missed) {
  asked_.set(node);
  tickets_[node] = ticket;
  missed_[node] = missed;
}

void AwaitedFences::answer(const SharedFences::Result& result, WatchCore& core, Clock::time_point now) {
  if (!asked_.test(result.node)) return;
  asked_.reset(result.node);
  core.fence_ended(result.node, tickets_[result.node], result.success && missed_[result.node] <= result.began,
                   now);
}

}  // namespace o2member
