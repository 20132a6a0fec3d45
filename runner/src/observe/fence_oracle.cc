// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/fence_oracle.h"

#include <algorithm>

namespace o2lab {

const char* name_of(Cause cause) {
  switch (cause) {
    case Cause::quorum:
      return "quorum";
    case Cause::disk_timeout:
      return "disk_timeout";
    case Cause::own_link:
      return "own_link";
    case Cause::panic:
      return "panic";
    case Cause::watchdog:
      return "watchdog";
    case Cause::poison_pill:
      return "poison_pill";
    case Cause::host_power:
      return "host_power";
    case Cause::guest_reboot:
      return "guest_reboot";
    case Cause::guest_power_off:
      return "guest_power_off";
    case Cause::unknown:
      return "unknown";
  }
  return "?";
}

void FenceOracle::reset() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  deaths_.clear();
  complaints_.clear();
}

size_t FenceOracle::expect(int node, Cause cause, Window window, TimePoint since) {
  return expect_one_of({node}, cause, window, since);
}

size_t FenceOracle::expect_one_of(const std::vector<int>& nodes, Cause cause, Window window,
                                  TimePoint since) {
  const std::lock_guard lock(mutex_);
  entries_.push_back({{nodes.size() == 1 ? nodes[0] : 0, cause, since, window, std::nullopt}, nodes});
  return entries_.size() - 1;
}

void FenceOracle::death(const Death& death) {
  const std::lock_guard lock(mutex_);
  deaths_.push_back(death);
  const auto open = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return !e.expectation.met && death.at >= e.expectation.since &&
           std::find(e.candidates.begin(), e.candidates.end(), death.node) != e.candidates.end();
  });
  if (open == entries_.end()) {
    const bool again = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) {
      return e.expectation.met && e.expectation.met->node == death.node;
    });
    complaints_.push_back(fmt::format("node {} {} by {}: {}", death.node,
                                      again ? "died a second time," : "died unexpectedly,",
                                      name_of(death.cause), death.detail));
    return;
  }
  Expectation& expected = open->expectation;
  expected.met = death;
  expected.node = death.node;
  const Duration after = death.at - expected.since;
  if (death.cause != expected.cause)
    complaints_.push_back(fmt::format("node {} died by {} where {} was expected: {}", death.node,
                                      name_of(death.cause), name_of(expected.cause), death.detail));
  else if (after > expected.window.within)
    complaints_.push_back(fmt::format("node {} died by {} after {}, later than its bound of {}", death.node,
                                      name_of(death.cause), human(after), human(expected.window.within)));
  else if (after < expected.window.not_before)
    complaints_.push_back(fmt::format("node {} died by {} after {}, earlier than {}", death.node,
                                      name_of(death.cause), human(after), human(expected.window.not_before)));
}

bool FenceOracle::awaits(int node) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return !e.expectation.met &&
           std::find(e.candidates.begin(), e.candidates.end(), node) != e.candidates.end();
  });
}

FenceOracle::Expectation FenceOracle::expectation(size_t index) const {
  const std::lock_guard lock(mutex_);
  return entries_.at(index).expectation;
}

std::optional<std::string> FenceOracle::complaint() const {
  const std::lock_guard lock(mutex_);
  if (complaints_.empty()) return std::nullopt;
  return complaints_.front();
}

std::vector<std::string> FenceOracle::verdict() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out = complaints_;
  for (const Entry& entry : entries_) {
    if (entry.expectation.met) continue;
    out.push_back(fmt::format("expected node {} to die by {} within {}, but it did not",
                              fmt::join(entry.candidates, " or "), name_of(entry.expectation.cause),
                              human(entry.expectation.window.within)));
  }
  return out;
}

std::vector<Death> FenceOracle::deaths() const {
  const std::lock_guard lock(mutex_);
  return deaths_;
}

}  // namespace o2lab
