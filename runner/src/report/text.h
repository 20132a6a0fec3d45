// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "judge/result.h"

namespace o2lab {

/// Console text as plain text: terminal control sequences (ECMA-48 CSI and OSC) and carriage returns are
/// dropped.
std::string strip_terminal(std::string_view text);

/// Only characters that XML 1.0 allows (its production Char): bytes that are not UTF-8 become U+FFFD, control
/// characters other than tab and newline, surrogates, U+FFFE and U+FFFF are dropped.
std::string xml_chars(std::string_view text);

/// For HTML text and double- or single-quoted attributes; goes through xml_chars() first.
std::string html(std::string_view text);

/// The class of a failure and all of its first message, as what GoogleTest compares stands below its first
/// line.
std::string full_reason(const CaseResult& result);

/// A relative path as the value of href: every byte but unreserved ones and '/' is percent-encoded (RFC
/// 3986), so that it can neither leave the attribute nor name a scheme.
std::string href(std::string_view path);

/// Everything on one line: newlines and tabs become spaces, at most `limit` bytes with "..." for the rest.
std::string one_line(std::string_view text, size_t limit = 200);

/// What the console of its node says first of a kernel report.
std::string first_line(const Finding& report);

/// The first (or last) `lines` lines.
std::string head(std::string_view text, size_t lines);
std::string tail(std::string_view text, size_t lines);

/// What an interval may measure: "4.00 s to 10.00 s", "at most 10.00 s", "not bounded". From zero on is no
/// bound.
std::string bounds_of(const Interval& interval);

/// Name of the host that a run was on; empty when it does not say.
std::string host_of(const RunResult& run);

}  // namespace o2lab
