// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/kernel_report.h"

namespace o2lab {

/// The kind of block that a line begins, if it is a headline. Only the line's start counts: the same words
/// elsewhere are somebody's text.
std::optional<ReportKind> headline_kind(std::string_view body);

struct Note {
  ReportKind kind;
  std::string title;
};
/// What a line says that is a report by itself.
std::optional<Note> note_of(std::string_view body);

/// The line is the last of a block of this kind.
bool ends_block(ReportKind kind, std::string_view body);
/// After the line, only tail lines still belong to a block of this kind.
bool begins_tail(ReportKind kind, std::string_view body);
bool is_tail_line(ReportKind kind, std::string_view body);
/// A headline that, inside a block of this kind, is a part of it ("Oops: 0002 [#1]" after "BUG: kernel NULL
/// pointer …").
bool belongs_to(ReportKind open, std::string_view body);
/// "cut here" or "======": a headline may follow.
bool is_prelude(std::string_view body);

/// The name of a block, from its lines without prefixes; `headline` is the index of the headline among them.
std::string title_of(ReportKind kind, const std::vector<std::string>& bodies, size_t headline);

}  // namespace o2lab
