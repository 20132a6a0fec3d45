// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>

#include "report/legs.h"
#include "report/suites.h"
#include "report/summary_line.h"
#include "report/text.h"

namespace o2lab {
namespace {

void attribute(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(xml_chars(value).c_str());
}

void text(pugi::xml_node node, const std::string& value) {
  node.append_child(pugi::node_pcdata).set_value(xml_chars(strip_terminal(value)).c_str());
}

void property(pugi::xml_node properties, const char* name, const std::string& value) {
  if (value.empty()) return;
  pugi::xml_node node = properties.append_child("property");
  attribute(node, "name", name);
  attribute(node, "value", value);
}

void counts(pugi::xml_node node, const std::vector<CaseResult>& cases) {
  const Counts n = count(cases);
  Duration time{};
  for (const CaseResult& c : cases) time += c.duration();
  attribute(node, "tests", std::to_string(cases.size()));
  attribute(node, "failures", std::to_string(n.failed - n.errors));
  attribute(node, "errors", std::to_string(n.errors));
  attribute(node, "skipped", std::to_string(n.skipped + n.expected));
  attribute(node, "time", fmt::format("{:.3f}", to_seconds(time)));
}

std::string bound(const std::optional<Duration>& d) {
  return d ? human(*d) : "-";
}

/// What stands in the body of <failure>: everything a reader needs who sees only this file.
std::string failure_text(const CaseResult& c) {
  std::string out;
  for (const Message& m : c.messages)
    out += m.place().empty() ? m.text + "\n" : fmt::format("{}\n{}\n", m.place(), m.text);
  for (const Interval& i : c.intervals)
    if (!i.ok)
      out += fmt::format("interval {}: measured {}, bounds {} .. {}\n", i.name,
                         i.measured ? human(*i.measured) : "nothing", bound(i.lower), bound(i.upper));
  if (!c.kernel_reports.empty()) {
    const Finding& first = c.kernel_reports.front();
    out += fmt::format("\nfirst kernel report, node{}:\n{}", first.node, first.text);
  }
  return out;
}

std::string output_text(const CaseResult& c) {
  std::string out;
  if (c.failed_as_expected()) out += failure_text(c);
  for (const std::string& reason : c.retry_reasons) out += fmt::format("attempt thrown away: {}\n", reason);
  for (const Artefact& a : c.artefacts) out += fmt::format("{}: {}\n", a.label, a.path);
  if (!c.console_tail.empty()) out += "\n" + c.console_tail;
  return out;
}

void add_case(pugi::xml_node suite, const std::string& classname, const CaseResult& c) {
  pugi::xml_node node = suite.append_child("testcase");
  attribute(node, "classname", classname);
  attribute(node, "name", c.name);
  attribute(node, "time", fmt::format("{:.3f}", to_seconds(c.duration())));
  const auto placed =
      std::find_if(c.messages.begin(), c.messages.end(), [](const Message& m) { return !m.file.empty(); });
  if (placed != c.messages.end()) {
    attribute(node, "file", placed->file);
    if (placed->line > 0) attribute(node, "line", std::to_string(placed->line));
  }

  pugi::xml_node properties = node.append_child("properties");
  property(properties, "family", c.family);
  property(properties, "guards", c.guards);
  property(properties, "nodes", std::to_string(c.nodes));
  property(properties, "kernel_flavour", c.flavour);
  for (const auto& [number, kernel] : c.kernels)
    property(properties, fmt::format("kernel_flavour_node{}", number).c_str(), kernel);
  if (c.attempts > 1) property(properties, "attempts", std::to_string(c.attempts));

  if (c.verdict == Verdict::skip) {
    attribute(node.append_child("skipped"), "message", one_line(c.reason(), 1000));
  } else if (c.failed_as_expected()) {
    attribute(node.append_child("skipped"), "message", one_line("expected to fail: " + c.expected, 1000));
  } else if (c.failed()) {
    pugi::xml_node failure = node.append_child(c.verdict == Verdict::error ? "error" : "failure");
    attribute(failure, "message", one_line(c.reason(), 1000));
    attribute(failure, "type", name_of(c.failure));
    text(failure, failure_text(c));
  }
  if (const std::string output = output_text(c); !output.empty())
    text(node.append_child("system-out"), output);
}

void add_suite(pugi::xml_node root, const Suite& group, const RunResult& run) {
  pugi::xml_node suite = root.append_child("testsuite");
  attribute(suite, "name", group.name);
  counts(suite, group.cases);
  attribute(suite, "timestamp", run.wall(group.cases.front().started).substr(0, 19));
  const auto host = run.host.find("name");
  attribute(suite, "hostname", host == run.host.end() ? "localhost" : host->second);
  pugi::xml_node properties = suite.append_child("properties");
  property(properties, "run", run.id);
  property(properties, "command", run.command);
  property(properties, "seed", std::to_string(run.seed));
  property(properties, "kernel", fmt::format("{} {}", run.kernel.flavour, run.kernel.version));
  property(properties, "series", fmt::format("{}", fmt::join(run.kernel.series, " ")));
  property(properties, "topology", run.topology);
  property(properties, "accelerator", run.accel);
  if (run.shard.total > 1)
    property(properties, "shard", fmt::format("{} of {}", run.shard.index + 1, run.shard.total));
  for (const CaseResult& c : group.cases) add_case(suite, group.name, c);
}

}  // namespace

std::string junit_xml(const RunResult& run) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  attribute(declaration, "version", "1.0");
  attribute(declaration, "encoding", "UTF-8");
  pugi::xml_node root = document.append_child("testsuites");
  attribute(root, "name", "o2lab " + run.id);
  counts(root, run.cases);

  for (const RunLeg& leg : legs_of(run))
    for (const Suite& group : by_suite(leg)) add_suite(root, group, leg.run);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace o2lab
