// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/repetitions.h"

#include <fmt/format.h>

#include <set>

#include "judge/failure_rate.h"
#include "report/legs.h"
#include "report/text.h"

namespace o2lab {

std::vector<std::string> repetition_lines(const RunResult& run) {
  std::vector<std::string> out = run.answers;
  // A case of two legs ran under other conditions, and is no repetition.
  for (const RunLeg& leg : legs_of(run)) {
    const std::vector<CaseRate> rates = repeated(leg.run.cases);
    std::set<std::string> kernels;
    for (const CaseRate& one : rates) kernels.insert(one.kernel);
    for (const CaseRate& one : rates)
      out.push_back(
          fmt::format("{}{}{}: {}", one.test, leg.name.empty() ? "" : fmt::format(" ({})", leg.name),
                      kernels.size() > 1 ? " on " + one.kernel : "", text_of(one.rate, sampling_of(run))));
  }
  return out;
}

std::string repetitions_html(const RunResult& run) {
  const std::vector<std::string> lines = repetition_lines(run);
  if (lines.empty()) return "";
  std::string out = "<h2>Repetitions</h2><ul>";
  for (const std::string& line : lines) out += "<li>" + html(line) + "</li>";
  return out +
         fmt::format("</ul><p class=\"soft\">In brackets: the {} at 95 %.</p>\n",
                     sampling_of(run) == Sampling::fixed ? "interval by Wilson" : "confidence sequence");
}

}  // namespace o2lab
