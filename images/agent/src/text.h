// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace o2member {

/// Node names. Always compared whole: node1 is no part of node10.
using Names = std::set<std::string, std::less<>>;

/// Words separated by blanks, tabs, newlines.
std::vector<std::string> words_of(std::string_view text);
Names names_of(std::string_view text);
std::vector<std::string> lines_of(std::string_view text);
/// Without blanks and newlines at both ends.
std::string trimmed(std::string_view text);
std::string joined(const Names& names, std::string_view separator = " ");
/// What is in `all` and not in `without`.
Names minus(const Names& all, const Names& without);
/// With \ooo replaced by the byte, as /proc/self/mountinfo and NFS's etab write blanks (proc(5)).
std::string unescaped(std::string_view text);
/// Whether `path` is `directory` or below it; both absolute, without a slash at the end.
bool is_within(std::string_view path, std::string_view directory);
/// Decimal number from 0 to `limit`; -1 for anything else.
long number_of(std::string_view text, long limit);

}  // namespace o2member
