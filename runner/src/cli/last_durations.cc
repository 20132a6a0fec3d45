// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/last_durations.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "report/json.h"

namespace o2lab {

std::map<std::string, Duration> last_durations(const fs::path& results) {
  std::vector<fs::path> runs;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(results, error))
    if (entry.is_directory() && !entry.is_symlink()) runs.push_back(entry.path());
  // Run directories are named by their UTC start, so the names sort by age.
  std::sort(runs.rbegin(), runs.rend());
  if (runs.size() > 10) runs.resize(10);
  std::map<std::string, Duration> out;
  for (const fs::path& run : runs) {
    try {
      for (const CaseResult& one : read_results(run).cases)
        if (one.verdict != Verdict::skip) out.emplace(one.full_name(), one.duration());
    } catch (const Error&) {
      continue;
    }
  }
  return out;
}

std::function<Duration(const RegisteredCase&)> expected_durations(const fs::path& results) {
  return [last = last_durations(results)](const RegisteredCase& one) {
    const auto known = last.find(one.full_name());
    return known == last.end() ? Duration::zero() : known->second;
  };
}

}  // namespace o2lab
