// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/bug_trial.h"

#include <fmt/format.h>

namespace o2lab {

std::string BugTally::text(Sampling sampling) const {
  if (trials() == 0) return "no run came to a verdict";
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
    return result;
  }
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

bool BugTrial::as_it_should_be() const {
  return reproduced() && (!both_ || (good_.clean > 0 && good_.shown == 0 && good_.otherwise == 0));
}

std::string BugTrial::verdict() const {
  std::string out = fmt::format("{}: {}: {} on {}", as_it_should_be() ? "reproduced" : "not reproduced",
                                bug_.id, bad_.text(sampling()), bug_.bad.what());
  if (both_) out += fmt::format("; {} on {}", good_.text(sampling()), bug_.good.what());
  return out;
}

}  // namespace o2lab
