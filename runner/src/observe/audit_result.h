// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace o2lab {

/// What one audit of a case came to; by its name in verdict.json.
struct AuditResult {
  enum class Outcome {
    pass,
    fail,
    expected,  ///< it found what the case says it must find
    skip,      ///< it could not look; why stands in `looked_at`
  };
  std::string name;  ///< snake_case
  Outcome outcome = Outcome::pass;
  std::string looked_at;              ///< "812 writes of 3 nodes, 1 recovery"
  std::vector<std::string> findings;  ///< each of them is wrong
  Duration took{};
  /// From when on each finding was wrong, in their order; where it is fewer, from the begin of the audit on.
  /// The timeline has it, verdict.json has not.
  std::vector<TimePoint> wrong_since = {};
  bool operator==(const AuditResult&) const = default;
};

inline const char* name_of(AuditResult::Outcome outcome) {
  switch (outcome) {
    case AuditResult::Outcome::pass:
      return "pass";
    case AuditResult::Outcome::fail:
      return "fail";
    case AuditResult::Outcome::expected:
      return "expected";
    case AuditResult::Outcome::skip:
      break;
  }
  return "skip";
}

}  // namespace o2lab
