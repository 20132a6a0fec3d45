// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/fd.h"
#include "judge/result.h"

namespace o2lab {

/// cases/expected.toml: cases that are known to fail, each entry with the reason, a link and a date by which
/// it is looked at again.
class ExpectedFailures {
 public:
  using Day = std::chrono::year_month_day;

  ExpectedFailures() = default;
  /// Reads a file; throws input with file and line for anything missing, misspelt or empty, and for an entry
  /// that names none of `cases` (full names).
  ExpectedFailures(const fs::path& file, const std::vector<std::string>& cases, Day today);

  /// The last word on a result. Failed, and expected to: it counts as that. Passed although expected to fail,
  /// or the entry is past its day: it fails, whatever else it did, and says which line to change.
  void judge(CaseResult& result) const;

 private:
  struct Entry {
    std::string pattern;
    std::string kernel;  ///< FLAVOUR, FLAVOUR@PART; empty: any
    std::string reason;
    std::string link;
    Day expires{};
    std::string place;  ///< "expected.toml:12"
    std::string why() const { return reason + " (" + link + ")"; }
  };
  std::vector<Entry> entries_;
  Day today_{};
};

/// In UTC.
ExpectedFailures::Day today();

}  // namespace o2lab
