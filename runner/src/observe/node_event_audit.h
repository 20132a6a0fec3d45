// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/event_log.h"
#include "observe/audit_result.h"

namespace o2lab {

inline constexpr const char* kNodeEventsAlternate = "node_events_alternate";
inline constexpr const char* kDeathsAreHeard = "deaths_are_heard_by_all";

/// The only events that these two look at: of a long case a few in a thousand.
bool tells_of_members(const Event& event);

/// On each node, for each other one, and for the node as a whole and in each region apart: up and down come
/// by turns, up first (trace event o2hb_node_event). A node whose trace has lost events is not judged, and
/// the audit is a skip then unless another one's are wrong. Pure.
AuditResult audit_node_events(const std::vector<Event>& timeline);

/// By node, how many events its trace says it has lost; a loss without a number counts as one.
std::map<int, uint64_t> lost_events(const std::vector<Event>& timeline);

/// Survivors that had a dead node up and have heard nothing of its death while another one has: "node1 has
/// not heard that node3 is down, which node2 knows since …". One whose trace has lost events may have. Pure;
/// empty when all know.
std::vector<std::string> unheard_deaths(const std::vector<Event>& timeline);

}  // namespace o2lab
