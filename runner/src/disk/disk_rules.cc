// SPDX-License-Identifier: GPL-2.0-or-later
#include "disk/disk_rules.h"

#include <algorithm>

namespace o2lab {

void DiskRules::set(int number, const DiskRule& rule) {
  rules_.insert_or_assign(number, Entry{rule, std::mt19937_64(rule.seed), {}});
}

TimePoint DiskRules::due(Entry& entry, const Request& request, TimePoint now) {
  if (entry.rule.action == DiskRule::Action::delay) {
    const int64_t jitter = entry.rule.jitter.count();
    const auto off = static_cast<int64_t>(entry.random() % static_cast<uint64_t>(2 * jitter + 1)) - jitter;
    return now + entry.rule.delay + Duration(off);
  }
  const double seconds =
      static_cast<double>(request.length) / static_cast<double>(entry.rule.bytes_per_second);
  entry.free = std::max(now, entry.free) + Duration(static_cast<int64_t>(seconds * 1e9));
  return entry.free;
}

DiskRules::Answer DiskRules::ask(Request& request, TimePoint now) {
  using Action = DiskRule::Action;
  using What = Answer::What;
  bool hang = false;
  bool fail = false;
  TimePoint until = now;
  for (auto& [number, entry] : rules_) {
    if (!entry.rule.is_for(request.write, request.offset, request.length)) continue;
    if (entry.rule.action == Action::hang)
      hang = true;
    else if (entry.rule.action == Action::eio)
      fail = true;
    else {
      auto known = request.due.find(number);
      if (known == request.due.end()) known = request.due.emplace(number, due(entry, request, now)).first;
      until = std::max(until, known->second);
    }
  }
  if (hang) return {What::hang, {}};
  if (until > now) return {What::delay, until};
  return {fail ? What::fail : What::go, {}};
}

}  // namespace o2lab
