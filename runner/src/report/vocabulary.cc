// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/text.h"

namespace o2lab {
namespace {

constexpr size_t longest = 120;

/// The first line whose kind and condition fit counts. Condition: "key=value", "key~part of its value", or
/// empty. Label: words with {field} for the value of a field; empty: the words of the kind.
struct Rule {
  const char* source;
  const char* kind;
  const char* condition;
  Mark mark;
  const char* label;
};

constexpr Rule kRules[] = {
    {"trace", "guest_clock", "", Mark::hidden, ""},
    // What the nodes knew of each other when they were saved.
    {"trace", "o2hb_node_event", "restored=true", Mark::hidden, "node {node} was {event} at the checkpoint"},
    {"trace", "o2net_connection", "restored=true", Mark::hidden,
     "connection to node {node} was {event} at the checkpoint"},
    {"trace", "o2hb_beat", "errno~-", Mark::bad, "heartbeat fails: {errno}"},
    {"trace", "o2hb_beat", "", Mark::hidden, ""},
    {"trace", "tracing_mark_write", "", Mark::hidden, ""},
    {"trace", "line", "", Mark::hidden, ""},
    {"trace", "o2hb_node_event", "class=region", Mark::hidden, "region {region}: node {node} {event}"},
    {"trace", "o2hb_node_event", "event=up", Mark::good, "node {node} is up"},
    {"trace", "o2hb_node_event", "event=down", Mark::info, "node {node} is down"},
    {"trace", "o2net_connection", "event=up", Mark::good, "connected to node {node}"},
    {"trace", "o2net_connection", "event=connecting", Mark::hidden, "connecting to node {node}"},
    {"trace", "o2net_connection", "event=idle", Mark::info, "node {node} is silent"},
    {"trace", "o2net_connection", "event=expired", Mark::info, "node {node} was silent too long"},
    {"trace", "o2net_connection", "event=still_up", Mark::info,
     "node {node} is silent, its heartbeat goes on"},
    {"trace", "o2net_connection", "event=shutdown", Mark::info, "connection to node {node} ends ({errno})"},
    {"trace", "o2net_connection", "event=down", Mark::info, "connection to node {node} is down"},
    {"trace", "o2net_connection", "", Mark::info, "connection to node {node}: {event} ({errno})"},
    {"trace", "o2quo_decision", "verdict=stay", Mark::info,
     "quorum: stays, {connected} of {heartbeating} connected ({reason})"},
    {"trace", "o2quo_decision", "", Mark::bad,
     "quorum: {verdict}, {connected} of {heartbeating} connected ({reason})"},
    {"trace", "o2hb_negotiate", "", Mark::info, "timeout negotiation with node {peer}: {event}"},
    {"trace", "o2net_handshake_refused", "", Mark::bad,
     "refuses node {node}: {parameter} {theirs}, own {ours}"},
    {"console", "ready", "title~woken", Mark::good, "goes on from the checkpoint"},
    {"console", "ready", "", Mark::good, "booted"},
    {"console", "quorum_decision", "title~not fencing", Mark::info, "quorum: {title}"},
    {"console", "quorum_decision", "", Mark::bad, "quorum: {title}"},
    {"console", "ocfs2_fence", "", Mark::bad, "fences itself"},
    {"console", "line", "text~Begin replay journal", Mark::info, "replays a journal"},
    {"console", "line", "text~End replay journal", Mark::good, "journal replayed"},
    {"console", "line", "text~Begin recovery on domain", Mark::info, "recovers the lock domain"},
    {"console", "line", "text~End recovery on domain", Mark::good, "lock domain recovered"},
    {"console", "line", "text~ocfs2: Mounting device", Mark::good, "mounted"},
    {"console", "line", "text~ocfs2: Unmounting device", Mark::info, "unmounted"},
    {"console", "line", "", Mark::hidden, ""},
    {"lab", "power_on", "restored=true", Mark::hidden, "begins from the checkpoint"},
    {"lab", "power_on", "", Mark::info, "power on"},
    {"lab", "restored", "", Mark::hidden, "restored from checkpoint {checkpoint}"},
    {"lab", "no_checkpoint", "", Mark::info, "nodes boot, as no checkpoint can be used: {why}"},
    {"lab", "checkpoint_made", "", Mark::hidden, "checkpoint {key} made: {what}"},
    {"lab", "power_off", "", Mark::info, "power off"},
    {"lab", "ssh_ready", "", Mark::hidden, ""},
    {"lab", "gone", "", Mark::hidden, ""},  // judge tells why
    {"judge", "death", "cause=host_power", Mark::info, "is off"},
    {"judge", "death", "", Mark::bad, "dies: {cause}"},
    {"judge", "expected_death", "", Mark::hidden, ""},
    {"judge", "audit", "findings=[]", Mark::hidden, "audit {name}: {looked_at}"},
    {"judge", "audit", "", Mark::bad, "audit {name}: {findings}"},
    {"case", "started", "", Mark::hidden, ""},
    {"case", "body", "", Mark::step, "cluster is ready, the case begins"},
    {"case", "ended", "", Mark::step, "case ended: {verdict}"},
    {"case", "interval", "ok=false", Mark::bad, "{name}: {seconds} s, out of bounds"},
    {"case", "interval", "", Mark::good, "{name}: {seconds} s"},
    {"switch", "capture_started", "", Mark::hidden, ""},
    {"switch", "capture_stopped", "", Mark::hidden, ""},
    {"switch", "link_policy", "drop=true", Mark::fault, "drops {from} to {to}"},
    {"switch", "link_policy", "reset=true", Mark::fault, "resets {from} to {to}"},
    {"switch", "link_policy", "", Mark::hidden, "frames from {from} to {to}: policy changed"},
    {"disk", "disk_hang", "", Mark::fault, "disk hangs: {disk}"},
    {"disk", "disk_released", "", Mark::fault, "disk goes on: {disk}"},
    {"disk", "fail_writes_on", "", Mark::fault, "writes fail from now"},
    {"disk", "fail_writes_off", "", Mark::fault, "writes succeed again"},
    {"disk", "disk_fault_on", "", Mark::fault, "disk: {fault} of {of}, {operations}"},
    {"disk", "disk_fault_off", "", Mark::fault, "disk fault over: {fault} of {of}"},
    {"fault", "network_fault", "", Mark::fault, "{text}"},
    {"fault", "network_fault_over", "", Mark::fault, "over: {text}"},
    {"fault", "clock_step", "seconds~-", Mark::fault, "clock stepped by {seconds} s"},
    {"fault", "clock_step", "", Mark::fault, "clock stepped by +{seconds} s"},
    {"fault", "power_cut", "", Mark::fault, "power cut"},
    {"power", "asked", "", Mark::info, "node {by} asks for power {action}"},
    {"power", "done", "answer=ok", Mark::good, "power {action} confirmed to node {by}"},
    {"power", "done", "", Mark::bad, "power {action} for node {by}: {answer}"},
    {"sbd", "message", "", Mark::info, "node {from} sends {what} by sbd"},
    {"sbd", "counts", "kills=true", Mark::good, "node {from} may count on its {what} by sbd"},
    {"sbd", "counts", "", Mark::hidden, ""},
    {"power", "supply", "", Mark::fault, "the power switch {supply}"},
    {"ssh", "command", "", Mark::hidden, ""},
    {"libvirt", "domain_started", "", Mark::hidden, ""},
    {"libvirt", "domain_resumed", "", Mark::hidden, ""},
    {"libvirt", "domain_suspended", "", Mark::info, "suspended"},
    {"libvirt", "domain_stopped", "", Mark::hidden, ""},
    {"libvirt", "domain_shutdown", "", Mark::hidden, ""},
};

std::string value_of(const Event& e, std::string_view key) {
  if (!e.fields.is_object()) return "";
  const auto found = e.fields.find(std::string(key));
  if (found == e.fields.end()) return "";
  if (found->is_number_float()) return fmt::format("{:.3f}", found->get<double>());
  return found->is_string() ? found->get<std::string>() : found->dump();
}

bool holds(const Event& e, std::string_view condition) {
  if (condition.empty()) return true;
  const size_t at = condition.find_first_of("=~");
  const std::string value = value_of(e, condition.substr(0, at));
  const std::string_view wanted = condition.substr(at + 1);
  return condition[at] == '=' ? value == wanted : value.find(wanted) != std::string::npos;
}

const Rule* rule_of(const Event& e) {
  const auto found = std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& rule) {
    return e.source == rule.source && e.kind == rule.kind && holds(e, rule.condition);
  });
  return found == std::end(kRules) ? nullptr : found;
}

std::string filled(const Event& e, std::string_view words) {
  std::string out;
  for (size_t at = 0; at < words.size();) {
    const size_t open = words.find('{', at);
    out += words.substr(at, open - at);
    if (open == std::string_view::npos) break;
    const size_t close = words.find('}', open);
    out += value_of(e, words.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  return one_line(out, longest);
}

bool has(const std::string& kind, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return kind.find(word) != std::string::npos; });
}

}  // namespace

Mark mark_of(const Event& e) {
  if (const Rule* rule = rule_of(e)) return rule->mark;
  if (e.source == "fault") return Mark::fault;
  if (has(e.kind, {"panic",  "oops",    "warn",          "lockdep", "kasan", "hung",   "fence", "reset",
                   "crash",  "timeout", "kernel_report", "bug",     "lost",  "error",  "fail",  "stall",
                   "lockup", "sleep",   "leak",          "ubsan",   "oom",   "removed"}))
    return Mark::bad;
  if (e.source == "case" || e.source == "judge") return Mark::step;
  if (has(e.kind,
          {"umount", "unmount", "disconnect", "down", "quorum", "conn", "still_up", "stopped", "left"}))
    return Mark::info;
  if (has(e.kind, {"ready", "mount", "_up", "recover", "joined"})) return Mark::good;
  return Mark::hidden;
}

std::string label_of(const Event& e) {
  if (const Rule* rule = rule_of(e); rule != nullptr && *rule->label != '\0') return filled(e, rule->label);
  std::string words = e.kind;
  std::replace(words.begin(), words.end(), '_', ' ');
  if (e.kind == "step")
    for (const char* key : {"text", "name", "step"})
      if (const std::string said = value_of(e, key); !said.empty()) return one_line(said, longest);
  for (const char* key : {"title", "cause", "verdict", "decision", "state", "volume", "peer", "text"})
    if (const std::string value = value_of(e, key); !value.empty())
      return fmt::format("{}: {}{}", words, std::string_view(key) == "peer" ? "peer " : "",
                         one_line(value, longest));
  return words;
}

std::string lane_of(const Event& e) {
  if (e.source == "switch" || e.kind == "network_fault" || e.kind == "network_fault_over") return "wire";
  if (e.source == "disk") return "disk";
  const bool of_case = e.source == "case" || (e.source == "judge" && e.kind != "death");
  return e.node > 0 && !of_case ? fmt::format("node{}", e.node) : "case";
}

}  // namespace o2lab
