// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace o2lab {

/// "o2net_x" of "o2net_x.isra.0+0x12/0x34 [ocfs2_nodemanager]"; empty when it is no symbol.
std::string symbol_of(std::string_view text);

/// The first `most` functions behind "Call Trace:" that the unwinder is sure of, without those that only
/// carry a report or a wait. `bodies`: the lines of a report without printk's prefixes; looked at from `from`
/// on.
std::vector<std::string> telling_frames(const std::vector<std::string>& bodies, size_t from, size_t most);
/// The same of a report as the console had it, prefixes included.
std::vector<std::string> telling_frames(const std::string& text, size_t most);

}  // namespace o2lab
