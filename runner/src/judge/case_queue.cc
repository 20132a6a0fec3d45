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

const RegisteredCase* CaseQueue::next(size_t running,
                                      const std::function<bool(const RegisteredCase&)>& fits) {
  if (running == 0) alone_ = false;
  if (waiting_.empty() || alone_) return nullptr;
  // A shorter one may pass a longer one for which there is no room yet, but none passes one that runs alone:
  // it would wait for ever.
  const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](const RegisteredCase* one) {
    return one->spec.alone || !fits || fits(*one);
  });
  if (at == waiting_.end() || ((*at)->spec.alone && running > 0)) return nullptr;
  const RegisteredCase* one = *at;
  waiting_.erase(at);
  alone_ = one->spec.alone;
  return one;
}

}  // namespace o2lab
