// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/case_events.h"

#include <algorithm>

#include "report/legs.h"

namespace o2lab {

std::vector<CaseEvents> split_events(const RunResult& run, const std::vector<Event>& events) {
  const std::vector<Event> all = on_host_clock(events);
  std::vector<CaseEvents> out(run.cases.size());
  const std::vector<CaseKey> keys = keys_of(run);
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const CaseResult& c = run.cases[i];
    const auto first = std::lower_bound(all.begin(), all.end(), c.started,
                                        [](const Event& e, TimePoint t) { return e.at < t; });
    for (auto e = first; e != all.end() && e->at <= c.ended; ++e)
      if (e->lab == c.lab) out[i].events.push_back(*e);
    out[i].spans = spans_of(out[i].events, c.started, c.ended);
    out[i].times = times_taken(c, deaths_of(out[i].events, c.started, c.ended));
    for (Took& one : out[i].times) one.under = timeouts_of(c, keys[i].topology);
  }
  return out;
}

}  // namespace o2lab
