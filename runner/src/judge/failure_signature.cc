// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/failure_signature.h"

#include <regex>

namespace o2lab {

std::string without_figures(const std::string& text) {
  static const std::regex figures(
      R"(0x[0-9a-f]+|\b[0-9a-f]{12,}\b|\b[0-9]+\.[0-9]+|\b[0-9]+(?= (?:s|ms|us)\b)|\b[0-9]{3,}\b)");
  std::string line = text.substr(0, text.find('\n'));
  line = line.substr(0, line.find("; last seen"));
  return std::regex_replace(line, figures, "#");
}

FailureSignature signature_of(const CaseResult& result) {
  FailureSignature out;
  out.failure = name_of(result.failure);
  if (!result.messages.empty()) out.text = without_figures(result.messages.front().text);
  if (!result.kernel_reports.empty()) out.report = without_figures(result.kernel_reports.front().title);
  return out;
}

bool is_same_failure(const FailureSignature& one, const FailureSignature& other) {
  if (one.failure != other.failure) return false;
  if (!one.report.empty() || !other.report.empty()) return one.report == other.report;
  return one.text == other.text;
}

void to_json(nlohmann::json& out, const FailureSignature& signature) {
  out = {{"class", signature.failure}, {"text", signature.text}, {"report", signature.report}};
}

void from_json(const nlohmann::json& in, FailureSignature& signature) {
  signature = {in.at("class").get<std::string>(), in.value("text", ""), in.value("report", "")};
}

}  // namespace o2lab
