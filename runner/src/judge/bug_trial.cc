// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/bug_trial.h"

#include <fmt/format.h>

#include <algorithm>

namespace o2lab {

std::string BugTally::text(Sampling sampling) const {
  if (trials() == 0) return lost == 0 ? "no run" : fmt::format("none of {} runs came to a verdict", lost);
  const Range range = interval_of({trials(), shown}, sampling);
  std::string out = fmt::format("{} of {} runs, {:.3g} % [{:.3g} to {:.3g} %]", shown, trials(),
                                100.0 * shown / trials(), 100 * range.low, 100 * range.high);
  if (otherwise > 0) out += fmt::format(", {} failed otherwise: {}", otherwise, another);
  if (lost > 0) out += fmt::format(", {} without a verdict", lost);
  return out;
}

CaseResult BugTrial::take(bool bad, CaseResult result, const fs::path& run_dir) {
  BugTally& tally = bad ? bad_ : good_;
  if (result.verdict == Verdict::error || result.verdict == Verdict::skip) {
    ++tally.lost;
    ++tally.lost_in_a_row;
    return result;
  }
  tally.lost_in_a_row = 0;
  const auto line = symptom_in(bug_, result, run_dir);
  const auto say = [&](const std::string& text) {
    result.messages.insert(result.messages.begin(), {text, "", 0});
  };
  if (line) {
    if (tally.shown++ == 0) tally.seen = *line;
  } else if (result.verdict == Verdict::pass) {
    ++tally.clean;
  } else if (tally.otherwise++ == 0) {
    tally.another = result.reason();
  }
  if (bad && line) {
    say("the bug shows, as it should on this kernel: " + *line);
    result.verdict = Verdict::pass;
    result.failure = FailureClass::none;
  } else if (line) {
    say("the bug shows on the kernel that should not have it: " + *line);
  } else if (result.verdict == Verdict::fail) {
    say("it failed, but not as the bug does");
  }
  return result;
}

bool BugTrial::given_up(const BugTally& tally) const {
  constexpr int kMost = 3;
  return tally.lost_in_a_row >= kMost;
}

/// So many runs with a verdict that the bug would have shown.
bool BugTrial::is_sure(const BugTally& tally) const {
  return tally.trials() >= (fixed_ > 0 ? std::min(fixed_, bug_.runs_until_sure()) : bug_.runs_until_sure());
}

bool BugTrial::needs(bool bad) const {
  const BugTally& tally = bad ? bad_ : good_;
  if (!bad && !both_) return false;
  if (given_up(tally)) return false;
  if (fixed_ > 0) return tally.trials() + tally.lost < fixed_;
  // One run that is not clean is enough to know that the good one is not.
  const int told = bad ? tally.shown : tally.shown + tally.otherwise;
  return told == 0 && !is_sure(tally);
}

BugTrial::Answer BugTrial::answer() const {
  if (bad_.shown == 0) return is_sure(bad_) ? Answer::not_so : Answer::not_told;
  if (!both_) return Answer::reproduced;
  if (good_.shown + good_.otherwise > 0) return Answer::not_so;
  return is_sure(good_) ? Answer::reproduced : Answer::not_told;
}

int BugTrial::exit_code() const {
  return answer() == Answer::reproduced ? 0 : answer() == Answer::not_so ? 1 : 3;
}

std::string BugTrial::verdict() const {
  const char* word = answer() == Answer::reproduced ? "reproduced"
                     : answer() == Answer::not_told ? "cannot tell"
                     : bad_.shown == 0              ? "not reproduced"
                                                    : "reproduced, but the good kernel is not clean";
  std::string out = fmt::format("{}: {}: {} on {}", word, bug_.id, bad_.text(sampling()), bug_.bad.what());
  if (both_) out += fmt::format("; {} on {}", good_.text(sampling()), bug_.good.what());
  const int sure = bug_.runs_until_sure();
  const int fewest = both_ && bad_.shown > 0 ? good_.trials() : bad_.shown > 0 ? sure : bad_.trials();
  if (fewest < sure) out += fmt::format("; {} runs would be needed to be 99 % sure", sure);
  return out;
}

}  // namespace o2lab
