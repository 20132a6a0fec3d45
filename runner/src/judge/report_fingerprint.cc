// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/report_fingerprint.h"

#include <algorithm>
#include <regex>

#include "console/report_frames.h"
#include "judge/failure_signature.h"

namespace o2lab {

std::string ReportFingerprint::trace() const {
  std::string out;
  for (const std::string& frame : frames) out += (out.empty() ? "" : " < ") + frame;
  return out;
}

ReportFingerprint fingerprint_of(const Finding& report) {
  // Node numbers, pids and CPUs too: who met it is told beside it.
  static const std::regex number(R"(\b[0-9]+\b)");
  return {std::regex_replace(without_figures(report.title), number, "#"),
          telling_frames(report.text, ReportFingerprint::most_frames)};
}

bool is_same_report(const ReportFingerprint& one, const ReportFingerprint& other) {
  const size_t both = std::min(one.frames.size(), other.frames.size());
  return one.title == other.title &&
         std::equal(one.frames.begin(), one.frames.begin() + static_cast<std::ptrdiff_t>(both),
                    other.frames.begin());
}

}  // namespace o2lab
