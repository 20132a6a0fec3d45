// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/summary_line.h"

#include <fmt/format.h>

namespace o2lab {

Counts count(const std::vector<CaseResult>& cases) {
  Counts n;
  for (const CaseResult& c : cases) {
    if (c.verdict == Verdict::pass) ++n.passed;
    if (c.verdict == Verdict::skip) ++n.skipped;
    if (c.verdict == Verdict::error) ++n.errors;
    if (c.failed()) ++n.failed;
    if (c.failed_as_expected()) ++n.expected;
    if (c.attempts > 1) ++n.retried;
  }
  return n;
}

std::string summary_line(const Counts& counts) {
  return fmt::format("{} passed, {} failed, {} skipped{}", counts.passed, counts.failed, counts.skipped,
                     counts.expected == 0 ? "" : fmt::format(", {} failed as expected", counts.expected));
}

}  // namespace o2lab
