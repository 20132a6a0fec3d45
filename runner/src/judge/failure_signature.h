// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "judge/result.h"

namespace o2lab {

/// By what one failure is told from another: its class, its first line and the title of the first kernel
/// report, without times, addresses and what a wait saw last.
struct FailureSignature {
  std::string failure;  ///< name_of(FailureClass)
  std::string text;     ///< empty without a message
  std::string report;   ///< empty without a kernel report
  bool operator==(const FailureSignature&) const = default;
};

/// Its first line without times, addresses, large numbers and what a wait saw last; node numbers and other
/// small ones stay.
std::string without_figures(const std::string& text);

FailureSignature signature_of(const CaseResult& result);
/// Of the same class, and by the same kernel report where there is one, else by the same line.
bool is_same_failure(const FailureSignature& one, const FailureSignature& other);

void to_json(nlohmann::json& out, const FailureSignature& signature);
void from_json(const nlohmann::json& in, FailureSignature& signature);

}  // namespace o2lab
