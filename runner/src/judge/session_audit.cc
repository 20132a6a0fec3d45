// SPDX-License-Identifier: GPL-2.0-or-later
// The audits of a case, each by its name in the verdict (DESIGN, "How a case is judged", 4).
#include <fmt/ranges.h>

#include "judge/audit.h"
#include "judge/session.h"
#include "observe/fence_audit.h"
#include "observe/fence_order_audit.h"
#include "observe/node_event_audit.h"
#include "observe/sbd_record.h"
#include "observe/silence_audit.h"
#include "observe/timeline.h"

namespace o2lab {

std::vector<SbdMessage> Session::sbd_messages_so_far(const fs::path& dir, int nodes, int volumes) {
  try {
    std::vector<std::string> gaps;
    return sbd_messages(read_disk_record(dir, nodes, volumes, gaps));
  } catch (const Error& error) {
    // The death is then told by what the node said; the audits come upon the same error.
    events_->add(0, "judge", "record_unreadable", {{"error", error.what()}});
    return {};
  }
}

void Session::make_audit(const std::string& name, const std::function<void(AuditResult&)>& look) {
  AuditResult result;
  result.name = name;
  const TimePoint begun = Clock::now();
  try {
    look(result);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::check && error.kind() != ErrorKind::timeout) throw;
    result.findings.emplace_back(error.what());
  }
  result.took = Clock::now() - begun;
  keep_audit(std::move(result), FailureClass::kernel);
}

void Session::keep_audit(AuditResult result, FailureClass as) {
  const TimePoint now = Clock::now();
  nlohmann::json fields = {
      {"name", result.name}, {"looked_at", result.looked_at}, {"findings", result.findings}};
  for (size_t i = 0; i < result.findings.size(); ++i)
    fields["wrong_for_ns"].push_back(
        (i < result.wrong_since.size() ? now - result.wrong_since[i] : result.took).count());
  events_->add(0, "judge", "audit", std::move(fields));
  record_.audit(std::move(result), as);
}

std::vector<Event> Session::timeline(const std::function<bool(const Event&)>& wanted) const {
  return events_->since(case_begun_, wanted);
}

void Session::skip_audits(const std::string& why) {
  for (const char* name : {"membership_views_agree", kDeathsAreHeard, "same_content_on_every_node",
                           "acknowledged_writes_present", "no_lock_resource_left", "fsck_clean"})
    if (!record_.has_audit(name)) skip_audit(name, why);
}

void Session::skip_audit(const std::string& name, const std::string& why) {
  make_audit(name, [&](AuditResult& result) {
    result.outcome = AuditResult::Outcome::skip;
    result.looked_at = why;
  });
}

void Session::audit_deaths_heard(AuditResult& result, const CaseSpec& spec, WaitHub& hub, Deadline until) {
  result.looked_at = "what the survivors heard";
  // In user mode whoever moves the links decides who hears what.
  if (spec.heartbeat_mode == HeartbeatMode::user) result.outcome = AuditResult::Outcome::skip;
  if (result.outcome == AuditResult::Outcome::skip) return;
  hub.wait("every survivor to hear of every death", until, [&] {
    result.findings = unheard_deaths(timeline(tells_of_members));
    return Seen{result.findings.empty(), fmt::format("{}", fmt::join(result.findings, "; "))};
  });
}

void Session::audit_live(const CaseSpec& spec) {
  make_audit("membership_views_agree", [this](AuditResult& result) {
    audit_views(result, *cluster_, hub_, Deadline::in(cluster_->topology().dead_latest() + 60s));
  });
  make_audit(kDeathsAreHeard, [&](AuditResult& result) {
    audit_deaths_heard(result, spec, hub_, Deadline::in(cluster_->topology().dead_latest() + 60s));
  });
  make_audit("same_content_on_every_node", [this](AuditResult& result) {
    audit_contents(result, *cluster_, hub_, Deadline::in(60s), 120s);
  });
  make_audit("acknowledged_writes_present", [this](AuditResult& result) {
    audit_acknowledged(result, *cluster_, record_.acked(), Deadline::in(60s));
  });
  unmount_all(*cluster_);
  make_audit("no_lock_resource_left",
             [this](AuditResult& result) { audit_lock_resources(result, *cluster_, hub_); });
}

void Session::audit_record(const CaseSpec& spec, const fs::path& case_dir,
                           const std::map<int, HeartbeatRegion>& regions) {
  if (record_.was_interrupted()) return;
  try {
    DiskRecord record;
    make_audit(kNoWriteAfterFence, [&](AuditResult& result) {
      std::vector<std::string> gaps;
      record = read_disk_record(case_dir, spec.nodes, std::max(spec.volumes, 1), gaps);
      const std::vector<Event> all = on_host_clock(timeline([](const Event&) { return true; }));
      result = audit_writes_after_fence(all, record, regions);
      for (std::string& gap : beats_without_a_write(all, record)) gaps.push_back(std::move(gap));
      for (const std::string& gap : gaps) result.looked_at += "; " + gap;
      // What is not in the record may be just the write that should not be.
      if (!gaps.empty() && result.findings.empty()) result.outcome = AuditResult::Outcome::skip;
    });
    if (spec.heartbeat_mode == HeartbeatMode::disk)
      make_audit(kDownWasSilent, [&](AuditResult& result) {
        result =
            audit_silence(on_host_clock(timeline([](const Event& event) { return event.source != "ssh"; })),
                          record, regions);
      });
    make_audit(kNodeEventsAlternate,
               [&](AuditResult& result) { result = audit_node_events(timeline(tells_of_members)); });
    const Topology topology = topology_for(spec);
    // sbd runs only where there is a watchdog for it to feed.
    if (topology.watchdog)
      for (Event& event : sbd_events(record, Clock::now())) events_->add(std::move(event));
    if (topology.host_power || topology.watchdog)
      make_audit(kFenceBeforeDown, [&](AuditResult& result) {
        result = audit_fence_order(on_host_clock(timeline([](const Event&) { return true; })));
      });
    if (cluster_) return;
    make_audit("host_is_clean", [&](AuditResult& result) { audit_host(result, runtime_dir_, case_dir); });
  } catch (const Error& error) {
    record(error);
  }
}

}  // namespace o2lab
