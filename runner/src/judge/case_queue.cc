// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/case_queue.h"

#include <algorithm>
#include <tuple>

namespace o2lab {

void CaseQueue::add(std::vector<const RegisteredCase*> round) {
  const auto place = [this](const RegisteredCase* one) {
    const Duration length = expected_(*one);
    return std::tuple(one->spec.alone, length != Duration::zero(), -length, -one->spec.nodes);
  };
  std::stable_sort(round.begin(), round.end(),
                   [&](const RegisteredCase* a, const RegisteredCase* b) { return place(a) < place(b); });
  waiting_.insert(waiting_.end(), round.begin(), round.end());
}

const RegisteredCase* CaseQueue::next(size_t running) {
  if (running == 0) alone_ = false;
  if (waiting_.empty() || alone_ || (waiting_.front()->spec.alone && running > 0)) return nullptr;
  const RegisteredCase* one = waiting_.front();
  waiting_.erase(waiting_.begin());
  alone_ = one->spec.alone;
  return one;
}

}  // namespace o2lab
