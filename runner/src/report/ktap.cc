// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/ktap.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/suites.h"
#include "report/text.h"

namespace o2lab {
namespace {

/// A description must not hold '#', which starts the directive.
std::string description(const std::string& name) {
  std::string out = one_line(name);
  std::replace(out.begin(), out.end(), '#', '_');
  return out;
}

void diagnose(std::string& out, const char* indent, const std::string& text) {
  const std::string clean = xml_chars(strip_terminal(text));
  for (size_t at = 0; at < clean.size();) {
    const size_t end = std::min(clean.find('\n', at), clean.size());
    if (end > at) out += fmt::format("{}# {}\n", indent, clean.substr(at, end - at));
    at = end + 1;
  }
}

std::string directive(const CaseResult& c) {
  const std::string reason = one_line(c.reason());
  if (c.verdict == Verdict::skip) return reason.empty() ? " # SKIP" : " # SKIP " + reason;
  if (c.failed_as_expected()) return " # TODO " + one_line(c.expected);
  if (c.verdict == Verdict::error) return " # ERROR " + reason;
  if (c.verdict == Verdict::fail && c.failure == FailureClass::timeout) return " # TIMEOUT " + reason;
  return "";
}

void add_case(std::string& out, size_t number, const CaseResult& c) {
  const char* indent = "  ";
  for (const std::string& reason : c.retry_reasons)
    diagnose(out, indent, c.name + ": tried again: " + reason);
  if (c.failed() || c.failed_as_expected()) {
    if (c.failure != FailureClass::none)
      diagnose(out, indent, fmt::format("{}: {}", c.name, name_of(c.failure)));
    for (const Message& m : c.messages)
      diagnose(out, indent, m.place().empty() ? m.text : m.place() + ": " + m.text);
    if (!c.kernel_reports.empty())
      diagnose(out, indent,
               fmt::format("node{}: {}", c.kernel_reports.front().node, c.kernel_reports.front().title));
  }
  out += fmt::format("{}{} {} {}{}\n", indent, c.failed() || c.failed_as_expected() ? "not ok" : "ok", number,
                     description(c.name), directive(c));
}

}  // namespace

std::string ktap(const RunResult& run) {
  std::vector<Suite> suites;
  for (const RunLeg& leg : legs_of(run))
    for (Suite& one : by_suite(leg)) suites.push_back(std::move(one));
  std::string out = fmt::format("KTAP version 1\n1..{}\n", suites.size());
  for (size_t i = 0; i < suites.size(); ++i) {
    const std::vector<CaseResult>& cases = suites[i].cases;
    out += fmt::format("  KTAP version 1\n  1..{}\n", cases.size());
    for (size_t k = 0; k < cases.size(); ++k) add_case(out, k + 1, cases[k]);
    const bool failed =
        std::any_of(cases.begin(), cases.end(), [](const CaseResult& c) { return c.failed(); });
    const bool skipped = std::all_of(cases.begin(), cases.end(),
                                     [](const CaseResult& c) { return c.verdict == Verdict::skip; });
    out += fmt::format("{} {} {}{}\n", failed ? "not ok" : "ok", i + 1, description(suites[i].name),
                       skipped ? " # SKIP" : "");
  }
  return out;
}

}  // namespace o2lab
