// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

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
/// by turns, up first (trace event o2hb_node_event). Pure.
AuditResult audit_node_events(const std::vector<Event>& timeline);

/// Survivors that had a dead node up and have heard nothing of its death while another one has: "node1 has
/// not heard that node3 is down, which node2 knows since …". Pure; empty when all know.
std::vector<std::string> unheard_deaths(const std::vector<Event>& timeline);

}  // namespace o2lab
