// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/result.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "cluster/topology.h"

namespace o2lab {

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::skip:
      return "skip";
    case Verdict::error:
      break;
  }
  return "error";
}

const char* name_of(FailureClass failure) {
  switch (failure) {
    case FailureClass::none:
      break;
    case FailureClass::kernel:
      return "KERNEL";
    case FailureClass::expectation:
      return "CASE";
    case FailureClass::timeout:
      return "TIMEOUT";
    case FailureClass::infra:
      return "INFRA";
  }
  return "";
}

std::string Message::place() const {
  if (file.empty()) return "";
  return line > 0 ? fmt::format("{}:{}", file, line) : file;
}

Interval make_interval(std::string name, std::optional<Duration> measured, std::optional<Duration> lower,
                       std::optional<Duration> upper) {
  const bool ok = measured && (!lower || *measured >= *lower) && (!upper || *measured <= *upper);
  return Interval{std::move(name), measured, lower, upper, ok};
}

std::string ClusterInForce::timeouts() const {
  // Who the userspace of a cluster manager calls dead is dead by its timeouts, too.
  return fmt::format("{}threshold {}, idle {} s", mode == name_of(HeartbeatMode::user) ? "user mode, " : "",
                     dead_threshold, to_seconds(idle_timeout));
}

std::string ClusterInForce::text() const {
  return fmt::format(
      "{}, {} node{}, {} mode, dead after {} samples of {} s, o2net idle {} s, keepalive {} s, reconnect {} "
      "s",
      topology, nodes, nodes == 1 ? "" : "s", mode, dead_threshold, to_seconds(heartbeat_period),
      to_seconds(idle_timeout), to_seconds(keepalive_delay), to_seconds(reconnect_delay));
}

ClusterInForce in_force(const Topology& topology, int nodes) {
  return {topology.name,
          nodes,
          name_of(topology.heartbeat_mode),
          topology.dead_threshold,
          Topology::heartbeat_period,
          topology.idle_timeout,
          topology.keepalive_delay,
          topology.reconnect_delay};
}

std::string CaseResult::reason() const {
  if (messages.empty()) return name_of(failure);
  const std::string& text = messages.front().text;
  const std::string first = text.substr(0, text.find('\n'));
  return failure == FailureClass::none ? first : fmt::format("{}: {}", name_of(failure), first);
}

std::string case_dir_name(const std::string& full_name) {
  std::string name = full_name;
  std::replace(name.begin(), name.end(), '/', '_');
  return "cases/" + name;
}

std::string CaseResult::folder() const {
  return dir.empty() ? case_dir_name(full_name()) : dir;
}

std::string RunResult::wall(TimePoint t) const {
  const int64_t ns = to_ns(t) + wall_offset;
  const std::time_t seconds = static_cast<std::time_t>(ns / 1'000'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), (ns % 1'000'000'000) / 1'000'000);
}

}  // namespace o2lab
