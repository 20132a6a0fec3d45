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

/// What it does to the node that reads it, as the outside would tell it.
Cause looks_like(SbdMessage::Kind kind) {
  switch (kind) {
    case SbdMessage::Kind::reset:
      return Cause::guest_reboot;
    case SbdMessage::Kind::off:
      return Cause::guest_power_off;
    case SbdMessage::Kind::crashdump:
      return Cause::panic;
    case SbdMessage::Kind::test:
    case SbdMessage::Kind::exit:
      break;
  }
  return Cause::unknown;
}

}  // namespace

Death death_of(const NodeGone& gone) {
  Death death{gone.node, gone.at, Cause::unknown,
              gone.last_line.empty() ? "no console output" : gone.last_line};
  // A fence prints its reason first; it outranks the panic by which fence_method panic carries it out.
  if (const KernelReport* fence = last_of(gone, ReportKind::ocfs2_fence)) {
    // The last reason before it is the one: a decision to stay may be long past.
    uint64_t last = 0;
    for (const auto& [kind, cause] : {std::pair{ReportKind::o2hb_write_timeout, Cause::disk_timeout},
                                      std::pair{ReportKind::quorum_decision, Cause::quorum},
                                      std::pair{ReportKind::own_link_removed, Cause::own_link}}) {
      const KernelReport* reason = last_of(gone, kind);
      if (reason == nullptr || reason->first_line < last) continue;
      last = reason->first_line;
      death.cause = cause;
    }
    death.detail = fence->title;
    return death;
  }
  if (gone.by_host) {
    death.cause = Cause::host_power;
    death.detail = "power cut by the lab";
    return death;
  }
  if (gone.by_watchdog) {
    death.cause = Cause::watchdog;
    death.detail = "its watchdog fired";
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

Death death_of(const NodeGone& gone, TimePoint since,
               const std::function<std::vector<SbdMessage>()>& messages) {
  Death death = death_of(gone);
  const bool by_itself = death.cause == Cause::guest_reboot || death.cause == Cause::guest_power_off ||
                         death.cause == Cause::panic;
  if (!by_itself) return death;
  for (const SbdMessage& message : messages())
    if (message.to == gone.node && looks_like(message.kind) == death.cause && message.read &&
        *message.read >= since && *message.read <= gone.at) {
      death.cause = Cause::poison_pill;
      death.detail = fmt::format("it had read sbd's {} from node {}", name_of(message.kind), message.from);
    }
  return death;
}

}  // namespace o2lab
