// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "judge/morning.h"

namespace o2lab {

/// A history made by hand: the run with the highest number is the night.
class Nights {
 public:
  /// A letter a run, the oldest first: p passed, F failed, E error, S skipped, - not run. All on the kernel
  /// `hash`.
  Nights& story(const std::string& name, const std::string& letters, const std::string& hash = "k1") {
    for (size_t run = 0; run < letters.size(); ++run)
      if (letters[run] != '-') ending(name, static_cast<int>(run), letters[run], 10, hash);
    return *this;
  }
  /// Passes, and takes that many seconds a run.
  Nights& took(const std::string& name, const std::vector<double>& seconds) {
    for (size_t run = 0; run < seconds.size(); ++run) ending(name, static_cast<int>(run), 'p', seconds[run]);
    return *this;
  }
  StoredCase& ending(const std::string& name, int run, char letter, double seconds = 10,
                     const std::string& hash = "k1") {
    StoredCase one;
    one.name = name;
    one.run = fmt::format("run{:02}", run);
    one.started = fmt::format("2026-11-{:02}T01:00:00.000Z", run + 1);
    one.started_ns = int64_t{run} * 24 * 3600 * 1'000'000'000;
    one.flavour = "lab";
    one.topology = kOwnTopology;
    one.accel = "tcg";
    one.kernel_hash = hash;
    one.folder = "cases/" + name;
    one.verdict = letter == 'p' ? "pass" : letter == 'F' ? "fail" : letter == 'E' ? "error" : "skip";
    one.duration = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    last_ = std::max(last_, run);
    endings_.push_back(std::move(one));
    return endings_.back();
  }
  Morning morning(const std::vector<SeenReport>& seen = {}) const {
    std::vector<StoredCase> tonight, earlier;
    const std::string night = fmt::format("run{:02}", last_);
    for (const StoredCase& one : endings_) (one.run == night ? tonight : earlier).push_back(one);
    std::stable_sort(earlier.begin(), earlier.end(),
                     [](const StoredCase& a, const StoredCase& b) { return a.started_ns < b.started_ns; });
    StoredRun run;
    run.id = night;
    run.started_ns = tonight.empty() ? 0 : tonight.front().started_ns;
    return morning_of({run}, tonight, earlier, seen);
  }

 private:
  std::vector<StoredCase> endings_;
  int last_ = 0;
};

}  // namespace o2lab
