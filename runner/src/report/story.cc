// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/text.h"
#include "report/vocabulary.h"

namespace o2lab {
namespace {

/// A message that has all these words.
bool complained_of(const CaseResult& c, const std::vector<std::string>& words) {
  return std::any_of(c.messages.begin(), c.messages.end(), [&](const Message& m) {
    return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
      return !word.empty() && m.text.find(word) != std::string::npos;
    });
  });
}

/// From when on a finding of an audit was wrong: as the audit says, else from its begin on. Its end says
/// nothing.
TimePoint wrong_since(const CaseResult& result, const Event& audit, size_t finding) {
  const auto told = audit.fields.find("wrong_for_ns");
  if (told != audit.fields.end() && told->is_array() && finding < told->size())
    return audit.at - Duration((*told)[finding].get<int64_t>());
  for (const AuditResult& one : result.audits)
    if (one.name == audit.fields.value("name", "")) return audit.at - one.took;
  return audit.at;
}

/// "node3 calls node2 down, which lives", where the verdict complains of what came of that.
std::optional<Telling> living_called_dead(const CaseResult& result, const std::vector<Event>& events) {
  std::map<int, bool> runs;
  for (const Event& e : events) {
    if (e.source == "lab" && e.kind == "power_on") runs[e.node] = true;
    if (e.source == "lab" && e.kind == "gone") runs[e.node] = false;
    if (e.kind != "o2hb_node_event" || e.fields.value("class", "") != "global" ||
        e.fields.value("event", "") != "down")
      continue;
    const std::string dead = e.fields.value("node", "");
    const auto known = runs.find(std::atoi(dead.c_str()));
    if (known == runs.end() || !known->second) continue;
    if (complained_of(result, {fmt::format("node{} wrote to", dead),
                               fmt::format("after node{} had begun to recover it", e.node)}))
      return Telling{e.at, fmt::format("node{} calls node{} down, which lives", e.node, dead)};
  }
  return {};
}

}  // namespace

std::vector<Telling> what_was_done(const std::vector<Event>& events) {
  std::vector<Telling> out;
  const bool as_a_whole =
      std::any_of(events.begin(), events.end(), [](const Event& e) { return e.kind == "network_fault"; });
  for (const Event& e : events) {
    const bool step = e.source == "case" && e.kind == "step";
    if (!step && mark_of(e) != Mark::fault) continue;
    if (as_a_whole && e.kind == "link_policy") continue;
    std::string text = label_of(e);
    if (e.node > 0 && e.source != "switch") text = fmt::format("node{}: {}", e.node, text);
    // Cutting three nodes off four is twelve links at once.
    if (e.kind == "link_policy" && !out.empty() && e.at - out.back().at < 100ms &&
        out.back().text.rfind("drops ", 0) == 0) {
      if (out.back().text.size() < 160)
        out.back().text += fmt::format(", {} to {}", e.fields.value("from", 0), e.fields.value("to", 0));
      continue;
    }
    out.push_back({e.at, std::move(text)});
  }
  return out;
}

std::vector<std::string> what_was_expected(const CaseResult& result, const std::vector<Event>& events) {
  std::vector<std::string> out;
  for (const Event& e : events)
    if (e.kind == "expected_death") {
      const auto seconds = [&](const char* key) {
        return to_seconds(e.at - result.started) + static_cast<double>(e.fields.value(key, int64_t{0})) / 1e9;
      };
      const std::string who = e.node > 0 ? fmt::format("node{}", e.node)
                                         : "exactly one of nodes " + e.fields.value("nodes", std::string());
      out.push_back(fmt::format("{} dies by {} between +{:.1f} s and +{:.1f} s", who,
                                e.fields.value("cause", ""), seconds("from_ns"), seconds("to_ns")));
    }
  for (const Interval& i : result.intervals)
    if (i.lower || i.upper) out.push_back(fmt::format("{}: {}", i.name, bounds_of(i)));
  out.emplace_back("no other node dies, no kernel reports a fault, and the volumes are clean afterwards");
  return out;
}

std::optional<Telling> first_wrong(const CaseResult& result, const std::vector<Event>& events) {
  if (!result.failed()) return {};
  std::optional<Telling> first;
  const auto candidate = [&](TimePoint at, std::string text, int node = 0, std::string line = {}) {
    if (!first || at < first->at) first = {at, std::move(text), node, std::move(line)};
  };
  // What the node itself said just before it died tells more than that it did.
  const auto candidate_death = [&](const Event& death) {
    const Event* told = &death;
    for (const Event& e : events)
      if (e.node == death.node && e.at <= death.at && death.at - e.at < 5s && mark_of(e) == Mark::bad) {
        told = &e;
        break;
      }
    candidate(told->at, fmt::format("node{} {}", death.node, label_of(*told)), told->node,
              told->source == "console" ? told->fields.value("title", "") : "");
  };
  if (auto told = living_called_dead(result, events)) candidate(told->at, std::move(told->text));
  for (const Finding& f : result.kernel_reports)
    if (complained_of(result, {f.title}))
      candidate(f.at, fmt::format("node{}: {}", f.node, f.title), f.node, first_line(f));
  for (const Event& e : events) {
    if (e.source == "case" && e.kind == "interval" && !e.fields.value("ok", true))
      candidate(e.at, label_of(e));
    if (e.source == "judge" && e.kind == "death" &&
        complained_of(result, {fmt::format("node {} died", e.node), "by " + e.fields.value("cause", "?")}))
      candidate_death(e);
    if (e.source == "judge" && e.kind == "audit" && e.fields.contains("findings"))
      for (size_t i = 0; i < e.fields["findings"].size(); ++i)
        if (const auto& finding = e.fields["findings"][i];
            finding.is_string() && complained_of(result, {finding.get<std::string>()}))
          candidate(wrong_since(result, e, i), "audit: " + finding.get<std::string>());
    // A death that did not come in time, unless the case had given up before.
    if (e.source != "judge" || e.kind != "expected_death") continue;
    const std::string cause = e.fields.value("cause", "?");
    const TimePoint latest = e.at + Duration(e.fields.value("to_ns", int64_t{0}));
    const bool settled = std::any_of(events.begin(), events.end(), [&](const Event& d) {
      if (d.at < e.at || d.at > latest || (e.node > 0 && d.node != e.node)) return false;
      return (d.source == "judge" && d.kind == "death" && d.fields.value("cause", "") == cause) ||
             (d.source == "lab" && d.kind == "power_off");
    });
    if (latest < result.ended && !settled)
      candidate(latest, fmt::format("{} was to die by {} until now, and lives",
                                    e.node > 0 ? fmt::format("node{}", e.node) : "a node", cause));
  }
  if (first || result.messages.empty()) return first;
  const std::string& text = result.messages.front().text;
  const size_t step = text.find("(while: ");
  // Without a step: when the lab began to power off what ran, which is when the case was given up.
  TimePoint at = result.ended;
  for (const Event& e : events)
    if (e.source == "lab" && e.kind == "power_off" && e.at < at &&
        std::none_of(events.begin(), events.end(), [&](const Event& cut) {
          return cut.kind == "power_cut" && cut.node == e.node && cut.at <= e.at && e.at - cut.at < 5s;
        }))
      at = e.at;
  for (const Event& e : events)
    if (e.source == "case" && e.kind == "step" && step != std::string::npos &&
        text.compare(step + 8, e.fields.value("text", "").size(), e.fields.value("text", "")) == 0)
      at = e.at;
  return Telling{at, one_line(text, 300)};
}

}  // namespace o2lab
