// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/repro_each.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace o2lab {

int repro_each(const std::vector<Bug>& bugs, const std::function<ReproAnswer(const Bug&)>& run,
               const std::function<bool()>& stopped, std::FILE* out) {
  int worst = 0;
  std::vector<std::string> verdicts;
  for (const Bug& bug : bugs) {
    ReproAnswer answer;
    try {
      answer = run(bug);
    } catch (const Error& error) {
      if (bugs.size() == 1 || error.kind() == ErrorKind::input) throw;
      answer = {3, fmt::format("{}: cannot tell: {}", bug.id, error.what())};
      fmt::print(out, "{}\n", answer.verdict);
    }
    worst = std::max(worst, answer.code);
    verdicts.push_back(answer.verdict);
    if (stopped()) break;
  }
  if (bugs.size() > 1) fmt::print(out, "\n{}\n", fmt::join(verdicts, "\n"));
  return worst;
}

}  // namespace o2lab
