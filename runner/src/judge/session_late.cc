// SPDX-License-Identifier: GPL-2.0-or-later
// The audits of a case that has failed: what became of its data is asked when it matters most.
#include "judge/audit.h"
#include "judge/late_audit.h"
#include "judge/session.h"
#include "observe/node_event_audit.h"

namespace o2lab {

bool Session::audit_live_late(const CaseSpec& spec, bool body) {
  CaseResult so_far;
  record_.into(so_far);
  std::string why;
  if (interrupted())
    why = "the run was interrupted";
  else if (spec.ready == Ready::booted)
    why = "the case runs no cluster";
  else if (!spec.umount)
    why = "the case leaves its nodes as they are";
  else if (so_far.failure == FailureClass::infra)
    why = "the lab itself had failed";
  else if (!body || !cluster_)
    why = "the nodes were never brought up";
  else if (options_.keep)
    why = "--keep left the nodes to whoever looked at them";
  if (!why.empty()) {
    skip_audits(why);
    return false;
  }
  record_.set_step("audit after the failure");
  // The run's own hub ends every wait with the failure that there has been.
  WaitHub hub;
  const WaitHub::Guard stops = hub.add_interrupt([this]() -> std::optional<Error> {
    if (stop_.raised()) return Error(ErrorKind::infra, "interrupted");
    return std::nullopt;
  });
  const Deadline all = Deadline::in(kLateAsking);
  const auto make = [&](const char* name, const std::function<void(AuditResult&, Deadline)>& look) {
    if (!record_.has_audit(name)) keep_audit(make_late_audit(name, all, look), FailureClass::expectation);
  };
  try {
    cluster_->heal();
  } catch (const Error& error) {
    record(error);
  }
  // What was acknowledged first: it must be there at any moment, while views take time to agree.
  make("acknowledged_writes_present", [&](AuditResult& result, Deadline until) {
    audit_acknowledged(result, *cluster_, record_.acked(), until);
  });
  make("same_content_on_every_node", [&](AuditResult& result, Deadline until) {
    audit_contents(result, *cluster_, hub, until, until.left());
  });
  make(kDeathsAreHeard,
       [&](AuditResult& result, Deadline until) { audit_deaths_heard(result, spec, hub, until); });
  make("membership_views_agree",
       [&](AuditResult& result, Deadline until) { audit_views(result, *cluster_, hub, until); });
  if (!record_.has_audit("no_lock_resource_left"))
    skip_audit("no_lock_resource_left", "after the failure: nothing was unmounted");
  return !record_.has_audit("fsck_clean");
}

void Session::audit_fsck_late(const CaseSpec& spec) {
  const Deadline all = Deadline::in(kLateFsck);
  keep_audit(make_late_audit(
                 "fsck_clean", all,
                 [&](AuditResult& result, Deadline until) {
                   result.looked_at = fmt::format("{} volumes, as the crash left them", spec.volumes);
                   for (int volume = 0; volume < spec.volumes; ++volume)
                     audit_fsck_of_crashed(cluster_->disk(volume), until);
                 },
                 kLateFsck),
             FailureClass::expectation);
  record_.set_step("");
}

}  // namespace o2lab
