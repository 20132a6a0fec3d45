// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "base/event_log.h"
#include "observe/audit_result.h"

namespace o2lab {

inline constexpr const char* kFenceBeforeDown = "fence_before_down";

/// Where a cluster manager fences: who replays a dead node's journal has called it dead before, and everybody
/// who calls it dead does so after that incarnation's fence was confirmed: `done` of source power
/// (cluster/host_power.h) or `counts` of source sbd (sbd_record.h). The timeline is that of on_host_clock();
/// an order within the error of the guest's clock is not proven, and so a finding. Pure.
AuditResult audit_fence_order(const std::vector<Event>& timeline);

}  // namespace o2lab
