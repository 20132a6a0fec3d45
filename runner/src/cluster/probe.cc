// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/probe.h"

#include <fmt/format.h>

#include <map>
#include <sstream>

#include "base/error.h"
#include "cluster/config_calls.h"

namespace o2lab {

namespace {

constexpr const char* kDir = "/sys/kernel/debug/o2probe";

/// SEQ TIME_NS up|down NODE UUID|- GLOBAL DEPTH COMM:PID PRIORITY
ProbeEvent parse_line(const std::string& line) {
  ProbeEvent event;
  std::istringstream in(line);
  std::string what, rest;
  int global = 0;
  in >> event.sequence >> event.time_ns >> what >> event.node >> event.region >> global >> event.depth >>
      event.task >> event.priority;
  const bool is_whole = !in.fail() && !(in >> rest);
  const bool is_global = event.region == Probe::kUnbound;
  if (!is_whole || (what != "up" && what != "down") || (global != 0) != is_global)
    fail(ErrorKind::check, "o2probe: what is \"{}\" among its events?", line);
  event.up = what == "up";
  return event;
}

std::string without_line_end(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

std::string text_of(const ProbeEvent& event) {
  return fmt::format("{} {} {}", event.region == Probe::kUnbound ? "global" : event.region, event.node,
                     event.up ? "up" : "down");
}

std::string text_of(const std::vector<ProbeEvent>& events) {
  std::string out;
  for (const ProbeEvent& event : events) out += (out.empty() ? "" : ", ") + text_of(event);
  return out;
}

std::vector<ProbeEvent> parse_probe_events(const std::string& text) {
  std::vector<ProbeEvent> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("# lost", 0) == 0) fail(ErrorKind::check, "o2probe: {}: its list is full", line);
    out.push_back(parse_line(line));
  }
  return out;
}

std::string out_of_turn(const std::vector<ProbeEvent>& events) {
  std::map<std::string, bool> last;
  uint64_t expected = events.empty() ? 0 : events.front().sequence;
  for (const ProbeEvent& event : events) {
    const std::string who =
        fmt::format("event {}, priority {}: {}", event.sequence, event.priority, text_of(event));
    if (event.sequence != expected++) return who + ": some are missing before it";
    if (event.depth != 1) return fmt::format("{}: while {} more were called", who, event.depth - 1);
    bool& was_up = last[fmt::format("{} {} {}", event.region, event.priority, event.node)];
    if (was_up == event.up) return who + (event.up ? ": it was up" : ": it was not up");
    was_up = event.up;
  }
  return {};
}

Probe::Probe(Node& node) : node_(node) {
  node_.sh("modprobe o2probe");
}

Probe::~Probe() {
  try {
    // What a failed case leaves chosen would keep the module, and with it the cluster's.
    node_.run("[ ! -d /sys/module/o2probe ] || rmmod o2probe");
  } catch (const std::exception&) {
    // A node that is gone has nothing loaded.
  }
}

std::string Probe::write(const std::string& file, const std::string& text) {
  return without_line_end(
      node_.sh(fmt::format("o2work call write {}/{} {}", kDir, file, shell_quoted(text))));
}

std::string Probe::listen(const std::string& region, int priority, const char* how) {
  return write("register", fmt::format("{} {}{}", region, priority, how));
}

std::string Probe::remove(const std::string& region, int priority) {
  return write("unregister", fmt::format("{} {}", region, priority));
}

void Probe::delay(Duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  node_.sh(fmt::format("echo {} > {}/delay_ms", ms, kDir));
}

std::vector<ProbeEvent> Probe::events() {
  return parse_probe_events(node_.sh(fmt::format("cat {}/events", kDir)));
}

std::vector<ProbeEvent> Probe::news() {
  std::vector<ProbeEvent> out;
  for (ProbeEvent& event : events())
    if (event.sequence > heard_) out.push_back(std::move(event));
  if (!out.empty()) heard_ = out.back().sequence;
  return out;
}

std::string Probe::ask(const std::string& file, const std::string& question) {
  // The answer is had on the open file that was asked; the errno only from a call of its own.
  return without_line_end(node_.sh(
      fmt::format("r=$(o2work call write {0}/{1} {2})\n"
                  "if [ \"$r\" = ok ]; then exec 3<>{0}/{1} && echo {2} >&3 && cat <&3; else echo $r; fi",
                  kDir, file, shell_quoted(question))));
}

std::string Probe::map(const std::string& region) {
  return ask("map", region);
}

std::string Probe::status(const std::string& region, int node) {
  return ask("status", fmt::format("{} {}", region, node));
}

std::string Probe::backend(const std::string& request) {
  return write("backend", request);
}

std::string Probe::unload() {
  const CommandResult result = node_.run("rmmod o2probe");
  return result.ok() ? "ok" : without_line_end(result.err);
}

}  // namespace o2lab
