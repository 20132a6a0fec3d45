// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "judge/result.h"

namespace o2lab {

/// By what one kernel report is known again in other cases, on other nodes and in other runs: its title
/// without any figure, and the first functions of its trace that tell something.
struct ReportFingerprint {
  static constexpr size_t most_frames = 3;

  std::string title;
  std::vector<std::string> frames;  ///< innermost first; none where the report has no trace
  bool operator==(const ReportFingerprint&) const = default;
  /// "o2net_rx < o2net_work < process_one_work", or empty.
  std::string trace() const;
};

ReportFingerprint fingerprint_of(const Finding& report);

/// Of the same title, and the trace of one begins with that of the other: a node that dies may not get its
/// trace out.
bool is_same_report(const ReportFingerprint& one, const ReportFingerprint& other);

}  // namespace o2lab
