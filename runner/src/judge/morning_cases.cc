// SPDX-License-Identifier: GPL-2.0-or-later
// What became of each case: which failures are new, which go on, which are luck.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "judge/morning.h"

namespace o2lab {
namespace {

struct Endings {
  std::vector<const StoredCase*> tonight, earlier;
};

void count(std::vector<MorningRun>& runs, const std::vector<const StoredCase*>& endings, bool tonight) {
  for (const StoredCase* one : endings) {
    if (!one->told()) continue;
    if (runs.empty() || runs.back().id != one->run)
      runs.push_back({one->run, one->started, one->kernel_hash, tonight, {}});
    ++runs.back().rate.ran;
    runs.back().rate.failed += one->failed() ? 1 : 0;
  }
}

std::vector<FailureRate> rates_of(const std::vector<MorningRun>& runs, bool with_tonight) {
  std::vector<FailureRate> out;
  for (const MorningRun& run : runs)
    if (with_tonight || !run.tonight) out.push_back(run.rate);
  return out;
}

/// From where on every trial failed, where none had before; runs.size() when it is not so.
size_t unbroken_from(const std::vector<MorningRun>& runs, size_t end) {
  size_t first = end;
  while (first > 0 && runs[first - 1].rate.failed == runs[first - 1].rate.ran) --first;
  const auto failed = [](const MorningRun& run) { return run.rate.failed > 0; };
  const bool clean = std::none_of(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(first), failed);
  return clean && first < end ? first : runs.size();
}

/// runs.size() when none is of tonight.
size_t first_of_tonight(const std::vector<MorningRun>& runs) {
  const auto found =
      std::find_if(runs.begin(), runs.end(), [](const MorningRun& run) { return run.tonight; });
  return static_cast<size_t>(found - runs.begin());
}

/// One kernel both passed and failed it: whatever it is, it is not the kernel alone.
bool both_on_one_kernel(const std::vector<MorningRun>& runs) {
  std::map<std::string, FailureRate> kernels;
  for (const MorningRun& run : runs) {
    // A run that does not say what its kernel was stands for itself.
    FailureRate& rate = kernels[run.kernel_hash.empty() ? run.id : run.kernel_hash];
    rate.ran += run.rate.ran;
    rate.failed += run.rate.failed;
  }
  return std::any_of(kernels.begin(), kernels.end(), [](const auto& one) {
    return one.second.failed > 0 && one.second.failed < one.second.ran;
  });
}

/// Stretches of runs with failures, between runs without.
int stretches(const std::vector<MorningRun>& runs) {
  int out = 0;
  bool inside = false;
  for (const MorningRun& run : runs) {
    if (run.rate.failed > 0 && !inside) ++out;
    inside = run.rate.failed > 0;
  }
  return out;
}

std::string chance(double probability) {
  return probability <= 0.0001 ? "at most 0.0001" : fmt::format("{:.2g}", probability);
}

FailureRate all_of(const MorningCase& c) {
  return {c.tonight.ran + c.before.ran, c.tonight.failed + c.before.failed};
}

void judge_failing(MorningCase& c, double alpha) {
  const size_t first_tonight = first_of_tonight(c.runs);
  if (c.before.failed == 0) {
    c.since = first_tonight;
    c.standing = Standing::new_failure;
    c.is_new = true;
    if (c.before.ran == 0) {
      c.why = fmt::format("{} of {} failed, and no earlier run has it", c.tonight.failed, c.tonight.ran);
      return;
    }
    c.why = fmt::format("{} of {} failed, none of {} before; if nothing had changed that had a chance of {}",
                        c.tonight.failed, c.tonight.ran, c.before.ran,
                        chance(fisher(c.tonight.failed, c.tonight.ran, 0, c.before.ran)));
    if (c.tonight.failed < c.tonight.ran) c.why += "; not each time: it may be a flake";
    return;
  }
  if (const size_t from = unbroken_from(c.runs, c.runs.size()); from < first_tonight) {
    c.standing = Standing::still_failing;
    c.since = from;
    c.why = fmt::format("all {} trials since then failed, none before", all_of(c).failed);
    return;
  }
  const bool named = c.change.first > 0 && c.change.probability <= alpha;
  if (!named) {
    c.standing = Standing::flaky;
    c.why = fmt::format("{}; one constant rate gives such an order with probability {}: no regression shown",
                        text_of(all_of(c)), chance(c.change.probability));
    return;
  }
  c.since = c.change.first;
  c.is_new = rate_change(rates_of(c.runs, false), RateMoved::up).probability > alpha;
  c.standing = c.is_new ? Standing::new_failure : Standing::still_failing;
  c.why = fmt::format(
      "fails more often: {} of {} since then, {} of {} before; one constant rate gives that with "
      "probability {}",
      c.change.after.failed, c.change.after.ran, c.change.before.failed, c.change.before.ran,
      chance(c.change.probability));
}

void judge_passing(MorningCase& c, double alpha) {
  if (c.before.failed == 0) return;
  const size_t first_tonight = first_of_tonight(c.runs);
  const bool one_kernel = both_on_one_kernel(c.runs);
  const bool named = c.change.first > 0 && c.change.probability <= alpha;
  const bool was_unbroken = unbroken_from(c.runs, first_tonight) < first_tonight;
  const bool was_named = named && rate_change(rates_of(c.runs, false), RateMoved::down).probability <= alpha;
  if ((was_unbroken && !one_kernel) || (named && !was_named)) {
    c.standing = Standing::fixed;
    c.since = named ? c.change.first : first_tonight;
    c.why = fmt::format("{} of {} failed before", c.before.failed, c.before.ran);
    if (was_unbroken && !one_kernel)
      c.why += ", all of the last ones; passes on another kernel";
    else
      c.why += fmt::format("; one constant rate gives such an order with probability {}",
                           chance(c.change.probability));
    return;
  }
  if (named || !(one_kernel || stretches(c.runs) > 1)) return;
  c.standing = Standing::flaky;
  c.why = text_of(all_of(c)) + (one_kernel ? "; the same kernel passed and failed it" : "");
}

const StoredCase& shown_of(const Endings& endings, Standing standing) {
  const auto last_failed = [](const std::vector<const StoredCase*>& all) -> const StoredCase* {
    const auto found =
        std::find_if(all.rbegin(), all.rend(), [](const StoredCase* one) { return one->failed(); });
    return found == all.rend() ? nullptr : *found;
  };
  if (const StoredCase* failed = last_failed(endings.tonight)) return *failed;
  if (standing == Standing::flaky)
    if (const StoredCase* failed = last_failed(endings.earlier)) return *failed;
  return *endings.tonight.back();
}

}  // namespace

const char* name_of(Standing standing) {
  switch (standing) {
    case Standing::passes:
      return "passes";
    case Standing::new_failure:
      return "new failure";
    case Standing::still_failing:
      return "still failing";
    case Standing::known_failure:
      return "known failure";
    case Standing::fixed:
      return "fixed";
    case Standing::flaky:
      return "flaky";
    case Standing::no_verdict:
      break;
  }
  return "no verdict";
}

std::vector<MorningCase> morning_cases(const std::vector<StoredCase>& tonight,
                                       const std::vector<StoredCase>& earlier) {
  std::map<CaseKey, Endings> all;
  for (const StoredCase& one : tonight)
    if (one.verdict != "skip") all[key_of(one)].tonight.push_back(&one);
  for (const StoredCase& one : earlier)
    if (const auto found = all.find(key_of(one)); found != all.end()) found->second.earlier.push_back(&one);

  std::vector<MorningCase> out;
  size_t tests = 0;
  for (const auto& [key, endings] : all) {
    MorningCase c;
    c.key = key;
    count(c.runs, endings.earlier, false);
    count(c.runs, endings.tonight, true);
    for (const MorningRun& run : c.runs) {
      FailureRate& side = run.tonight ? c.tonight : c.before;
      side.ran += run.rate.ran;
      side.failed += run.rate.failed;
    }
    if (c.before.failed > 0 && c.tonight.ran > 0) {
      c.change = rate_change(rates_of(c.runs, true), c.tonight.failed > 0 ? RateMoved::up : RateMoved::down);
      ++tests;
    }
    out.push_back(std::move(c));
  }
  const double alpha = (1 - kMorningConfidence) / static_cast<double>(std::max<size_t>(tests, 1));
  for (MorningCase& c : out) {
    const Endings& endings = all.at(c.key);
    const bool as_expected =
        std::all_of(endings.tonight.begin(), endings.tonight.end(),
                    [](const StoredCase* one) { return one->verdict != "fail" || !one->expected.empty(); });
    if (c.tonight.ran == 0) {
      c.standing = Standing::no_verdict;
      c.is_new = endings.earlier.empty() || endings.earlier.back()->verdict != "error";
    } else if (c.tonight.failed == 0) {
      judge_passing(c, alpha);
    } else if (as_expected) {
      c.standing = Standing::known_failure;
      c.why = text_of(c.tonight);
    } else {
      judge_failing(c, alpha);
    }
    c.shown = shown_of(endings, c.standing);
    for (const StoredCase* one : endings.tonight)
      if (one->failed()) c.failures.emplace_back(one->run, one->folder);
  }
  return out;
}

}  // namespace o2lab
