// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "judge/result.h"

namespace o2lab {
namespace {

using nlohmann::json;

/// The enum value whose name is `text`.
template <class E>
E value_of(const std::string& text, std::initializer_list<E> all) {
  for (const E value : all)
    if (text == name_of(value)) return value;
  throw std::invalid_argument(fmt::format("unknown word \"{}\"", text));
}

json ns_or_null(const std::optional<Duration>& d) {
  return d ? json(d->count()) : json();
}

std::optional<Duration> duration_or_none(const json& in, const char* key) {
  const auto at = in.find(key);
  if (at == in.end() || at->is_null()) return {};
  return Duration(at->get<int64_t>());
}

}  // namespace

void to_json(json& out, const Message& m) {
  out = {{"text", m.text}, {"file", m.file}, {"line", m.line}};
}
void from_json(const json& in, Message& m) {
  m.text = in.at("text");
  m.file = in.value("file", "");
  m.line = in.value("line", 0);
}

void to_json(json& out, const Interval& i) {
  out = {{"name", i.name},
         {"measured_ns", ns_or_null(i.measured)},
         {"lower_ns", ns_or_null(i.lower)},
         {"upper_ns", ns_or_null(i.upper)},
         {"ok", i.ok}};
}
void from_json(const json& in, Interval& i) {
  i.name = in.at("name");
  i.measured = duration_or_none(in, "measured_ns");
  i.lower = duration_or_none(in, "lower_ns");
  i.upper = duration_or_none(in, "upper_ns");
  i.ok = in.at("ok");
}

void to_json(json& out, const Finding& k) {
  out = {{"node", k.node}, {"ns", to_ns(k.at)}, {"kind", k.kind}, {"title", k.title}, {"text", k.text}};
}
void from_json(const json& in, Finding& k) {
  k.node = in.at("node");
  k.at = from_ns(in.at("ns"));
  k.kind = in.at("kind");
  k.title = in.at("title");
  k.text = in.value("text", "");
}

void to_json(json& out, const AuditResult& a) {
  out = {{"name", a.name},
         {"result", name_of(a.outcome)},
         {"looked_at", a.looked_at},
         {"findings", a.findings},
         {"took_ns", a.took.count()}};
}
void from_json(const json& in, AuditResult& a) {
  using Outcome = AuditResult::Outcome;
  a.name = in.at("name");
  a.outcome = value_of(in.at("result").get<std::string>(),
                       {Outcome::pass, Outcome::fail, Outcome::expected, Outcome::skip});
  a.looked_at = in.value("looked_at", "");
  a.findings = in.value("findings", std::vector<std::string>{});
  a.took = Duration(in.value("took_ns", int64_t{0}));
}

void to_json(json& out, const Artefact& a) {
  out = {{"label", a.label}, {"path", a.path}};
}
void from_json(const json& in, Artefact& a) {
  a.label = in.at("label");
  a.path = in.at("path");
}

void to_json(json& out, const ClusterInForce& c) {
  const auto ms = [](Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); };
  out = {{"topology", c.topology},
         {"nodes", c.nodes},
         {"mode", c.mode},
         {"dead_threshold", c.dead_threshold},
         {"heartbeat_s", to_seconds(c.heartbeat_period)},
         {"idle_ms", ms(c.idle_timeout)},
         {"keepalive_ms", ms(c.keepalive_delay)},
         {"reconnect_ms", ms(c.reconnect_delay)}};
}
void from_json(const json& in, ClusterInForce& c) {
  const auto ms = [&](const char* key) { return std::chrono::milliseconds(in.value(key, int64_t{0})); };
  c.topology = in.value("topology", "");
  c.nodes = in.value("nodes", 0);
  c.mode = in.value("mode", "");
  c.dead_threshold = in.value("dead_threshold", 0U);
  c.heartbeat_period = std::chrono::milliseconds(std::llround(in.value("heartbeat_s", 0.0) * 1e3));
  c.idle_timeout = ms("idle_ms");
  c.keepalive_delay = ms("keepalive_ms");
  c.reconnect_delay = ms("reconnect_ms");
}

void to_json(json& out, const CaseResult& c) {
  out = {{"suite", c.suite},
         {"name", c.name},
         {"family", c.family},
         {"guards", c.guards},
         {"nodes", c.nodes},
         {"flavour", c.flavour},
         {"verdict", name_of(c.verdict)},
         {"failure_class", c.failure == FailureClass::none ? json() : json(name_of(c.failure))},
         {"messages", c.messages},
         {"lab", c.lab},
         {"seed", c.seed},
         {"checkpoint", c.checkpoint},
         {"started_ns", to_ns(c.started)},
         {"ended_ns", to_ns(c.ended)},
         {"duration_ns", c.duration().count()},
         {"attempts", c.attempts},
         {"retry_reasons", c.retry_reasons},
         {"intervals", c.intervals},
         {"kernel_reports", c.kernel_reports},
         {"audits", c.audits},
         {"dir", c.dir},
         {"artefacts", c.artefacts},
         {"console_tail", c.console_tail}};
  if (c.cluster) out["cluster"] = *c.cluster;
  for (const auto& [node, kernel] : c.kernels) out["kernels"][std::to_string(node)] = kernel;
  if (!c.expected.empty()) out["expected_failure"] = {{"reason", c.expected}, {"came_round", c.came_round}};
}
void from_json(const json& in, CaseResult& c) {
  c.suite = in.at("suite");
  c.name = in.at("name");
  c.family = in.value("family", "");
  c.guards = in.value("guards", "");
  c.nodes = in.value("nodes", 0);
  c.flavour = in.value("flavour", "");
  const json kernels = in.value("kernels", json::object());
  for (const auto& [node, kernel] : kernels.items()) c.kernels[std::stoi(node)] = kernel;
  if (const auto at = in.find("cluster"); at != in.end()) c.cluster = at->get<ClusterInForce>();
  c.verdict = value_of(in.at("verdict").get<std::string>(),
                       {Verdict::pass, Verdict::fail, Verdict::skip, Verdict::error});
  const json& failure = in.at("failure_class");
  c.failure = failure.is_null()
                  ? FailureClass::none
                  : value_of(failure.get<std::string>(), {FailureClass::kernel, FailureClass::expectation,
                                                          FailureClass::timeout, FailureClass::infra});
  c.messages = in.at("messages").get<std::vector<Message>>();
  c.lab = in.value("lab", 0);
  c.seed = in.value("seed", uint64_t{0});
  c.checkpoint = in.value("checkpoint", "");
  c.started = from_ns(in.at("started_ns"));
  c.ended = from_ns(in.at("ended_ns"));
  c.attempts = in.value("attempts", 1);
  c.retry_reasons = in.value("retry_reasons", std::vector<std::string>{});
  c.intervals = in.at("intervals").get<std::vector<Interval>>();
  c.kernel_reports = in.at("kernel_reports").get<std::vector<Finding>>();
  c.audits = in.value("audits", std::vector<AuditResult>{});
  c.dir = in.value("dir", "");
  c.artefacts = in.at("artefacts").get<std::vector<Artefact>>();
  c.console_tail = in.value("console_tail", "");
  if (const auto at = in.find("expected_failure"); at != in.end()) {
    c.expected = at->value("reason", "");
    c.came_round = at->value("came_round", false);
  }
}

void to_json(json& out, const KernelInfo& k) {
  out = {{"flavour", k.flavour},
         {"version", k.version},
         {"source", k.source},
         {"series", k.series},
         {"hash", k.hash}};
}
void from_json(const json& in, KernelInfo& k) {
  k.flavour = in.at("flavour");
  k.version = in.value("version", "");
  k.source = in.value("source", "");
  k.series = in.value("series", std::vector<std::string>{});
  k.hash = in.value("hash", "");
}

void to_json(json& out, const RunResult& r) {
  out = {{"schema", RunResult::schema},
         {"id", r.id},
         {"started_wall", r.wall(r.started)},
         {"started_ns", to_ns(r.started)},
         {"wall_offset_ns", r.wall_offset},
         {"duration_ns", r.duration.count()},
         {"command", r.command},
         {"seed", r.seed},
         {"host", r.host},
         {"kernel", r.kernel},
         {"image_hash", r.image_hash},
         {"accel", r.accel},
         {"topology", r.topology},
         {"topology_values", r.topology_values},
         {"shard", {{"index", r.shard.index}, {"total", r.shard.total}}},
         {"cases", r.cases}};
  if (!r.answers.empty()) out["answers"] = r.answers;
  if (!r.statistics.is_null()) out["statistics"] = r.statistics;
}
void from_json(const json& in, RunResult& r) {
  if (const int schema = in.at("schema"); schema != RunResult::schema)
    throw std::invalid_argument(fmt::format("schema {}, this program reads {}", schema, RunResult::schema));
  r.id = in.at("id");
  r.started = from_ns(in.at("started_ns"));
  r.wall_offset = in.at("wall_offset_ns");
  r.duration = Duration(in.at("duration_ns").get<int64_t>());
  r.command = in.at("command");
  r.seed = in.at("seed");
  r.host = in.at("host").get<std::map<std::string, std::string>>();
  r.kernel = in.at("kernel");
  r.image_hash = in.value("image_hash", "");
  r.accel = in.value("accel", "");
  r.topology = in.value("topology", "");
  r.topology_values = in.value("topology_values", json::object());
  r.shard = Shard{in.at("shard").at("index"), in.at("shard").at("total")};
  r.cases = in.at("cases").get<std::vector<CaseResult>>();
  r.answers = in.value("answers", std::vector<std::string>{});
  r.statistics = in.value("statistics", json());
}

}  // namespace o2lab
