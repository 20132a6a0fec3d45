// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace o2lab {

/// One line of a node's trace_pipe (Documentation/trace/ftrace.rst), for events whose text is key=value
/// pairs, as those of the o2cb trace system are (kernel-config/patches, o2cb_trace.h).
struct TraceLine {
  double guest_seconds = 0;  ///< the guest's monotonic clock
  std::string event;         ///< o2hb_node_event, o2net_connection, o2quo_decision, …
  std::map<std::string, std::string> fields;
};

/// Empty for anything that is not such a line ("CPU:0 [LOST 12 EVENTS]" and the like).
std::optional<TraceLine> parse_trace_line(std::string_view text);

}  // namespace o2lab
