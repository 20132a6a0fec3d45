// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/death.h"

#include <algorithm>

namespace o2lab {

namespace {

const KernelReport* last_of(const NodeGone& gone, ReportKind kind) {
  const auto found = std::find_if(gone.reports.rbegin(), gone.reports.rend(),
                                  [&](const KernelReport& report) { return report.kind == kind; });
  return found == gone.reports.rend() ? nullptr : &*found;
}

}  // namespace

Death death_of(const NodeGone& gone) {
  Death death{gone.node, gone.at, Cause::unknown,
              gone.last_line.empty() ? "no console output" : gone.last_line};
  // A fence prints its reason first; it outranks the panic by which fence_method panic carries it out.
  if (const KernelReport* fence = last_of(gone, ReportKind::ocfs2_fence)) {
    const KernelReport* timeout = last_of(gone, ReportKind::o2hb_write_timeout);
    const KernelReport* decision = last_of(gone, ReportKind::quorum_decision);
    death.detail = fence->title;
    if (timeout != nullptr && (decision == nullptr || decision->first_line < timeout->first_line))
      death.cause = Cause::disk_timeout;
    else if (decision != nullptr)
      death.cause = Cause::quorum;
    return death;
  }
  if (gone.by_host) {
    death.cause = Cause::host_power;
    death.detail = "power cut by the lab";
    return death;
  }
  for (const KernelReport& report : gone.reports)
    if (report.fatal) {
      death.cause = Cause::panic;
      death.detail = report.title;
      return death;
    }
  if (last_of(gone, ReportKind::restart) != nullptr) death.cause = Cause::guest_reboot;
  if (last_of(gone, ReportKind::power_down) != nullptr) death.cause = Cause::guest_power_off;
  return death;
}

}  // namespace o2lab
