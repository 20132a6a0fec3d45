// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "judge/morning.h"

namespace o2lab {

/// "2 new failures, 1 slower time, 1 new kernel report", or "Nothing new".
std::string morning_headline(const Morning& morning);
/// "node2: cut to reset: slower by 1.50 s (4.10 to 5.60 s), at least 1.21 s".
std::string text_of(const MorningTime& time);
/// "3 on node1, node2, in A.B, A.C".
std::string where_of(const MorningReport& report);

/// For a terminal: a line for each thing to know, most urgent first.
std::string morning_lines(const Morning& morning);
/// For cron: one paragraph of plain text, lines of at most 78 columns where words allow; `page`: where all of
/// it is.
std::string morning_mail(const Morning& morning, const std::string& page);
/// Words of a text in lines of at most `columns` bytes; a longer word has a line of its own.
std::string wrapped(const std::string& text, size_t columns);

}  // namespace o2lab
