// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "console/guest_clock.h"

namespace o2lab {

namespace {

std::string text_field(const Event& e, const char* key) {
  const auto found = e.fields.is_object() ? e.fields.find(key) : e.fields.end();
  if (!e.fields.is_object() || found == e.fields.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

/// Kinds of events that begin and end a fault, and what it is. New faults go here.
struct FaultWords {
  const char* begin;
  const char* end;
  const char* words;
};
constexpr FaultWords kFaults[] = {
    {"network_fault", "network_fault_over", "network"},
    {"disk_hang", "disk_released", "disk hangs"},
    {"disk_fault_on", "disk_fault_off", "disk"},
    {"fail_writes_on", "fail_writes_off", "writes fail"},
    {"node_paused", "node_resumed", "node suspended"},
    {"cpu_slow_on", "cpu_slow_off", "slow CPU"},
    {"clock_drift_on", "clock_drift_off", "clock drifts"},
};

std::string fault_label(const Event& e, const char* words) {
  if (std::string text = text_field(e, "text"); !text.empty()) return text;
  std::string out = words;
  for (const char* key : {"disk", "fault", "of", "operations", "percent", "ppm"})
    if (const std::string value = text_field(e, key); !value.empty())
      out += fmt::format("{}{}", out == words ? ": " : " ", value);
  return out;
}

/// Which way a link_policy event goes, and whether frames pass as if there were none.
bool is_plain(const Event& e) {
  for (const auto& [key, value] : e.fields.items())
    if (key != "from" && key != "to" && !(value.is_boolean() && !value.get<bool>())) return false;
  return true;
}

class Spans {
 public:
  explicit Spans(TimePoint to) : to_(to) {}

  void begin(const std::string& key, Span span) {
    if (open_.count(key) > 0) return;
    open_[key] = out_.size();
    span.to = to_;
    span.open = true;
    out_.push_back(std::move(span));
  }
  void end(const std::string& key, TimePoint at) {
    const auto found = open_.find(key);
    if (found == open_.end()) return;
    out_[found->second].to = at;
    out_[found->second].open = false;
    open_.erase(found);
  }
  void end_all(const std::string& prefix, TimePoint at) {
    std::vector<std::string> keys;
    for (const auto& [key, index] : open_)
      if (key.rfind(prefix, 0) == 0) keys.push_back(key);
    // What the end of a node ended was still so then.
    for (const std::string& key : keys) {
      out_[open_.at(key)].to = at;
      open_.erase(key);
    }
  }
  bool is_open(const std::string& key) const { return open_.count(key) > 0; }
  /// The open one whose key begins so and that began last; empty when there is none.
  std::string last_open(const std::string& prefix) const {
    std::string best;
    for (const auto& [key, index] : open_)
      if (key.rfind(prefix, 0) == 0 && (best.empty() || index > open_.at(best))) best = key;
    return best;
  }
  void add(Span span) { out_.push_back(std::move(span)); }
  std::vector<Span> take() {
    std::stable_sort(out_.begin(), out_.end(), [](const Span& a, const Span& b) { return a.from < b.from; });
    return std::move(out_);
  }

 private:
  TimePoint to_;
  std::vector<Span> out_;
  std::map<std::string, size_t> open_;
};

/// A step is undone by one back: the band is while the clock is off.
void clock_steps(Spans& spans, const Event& e, std::map<int, int64_t>& off) {
  if (e.source == "lab" && e.kind == "gone") off.erase(e.node);  // its next incarnation has the right time
  const std::string key = fmt::format("node {} clock", e.node);
  if (e.kind != "clock_step") return;
  off[e.node] += e.fields.value("seconds", int64_t{0});
  spans.end(key, e.at);
  if (off[e.node] == 0) return;
  spans.begin(key, {Span::Kind::fault,
                    e.node,
                    0,
                    e.at,
                    {},
                    true,
                    fmt::format("clock is off by {:+} s", off[e.node]),
                    e.source});
}

void faults(Spans& spans, const Event& e, bool told_as_a_whole) {
  for (const FaultWords& words : kFaults) {
    const std::string kind = fmt::format("fault {} {} ", e.node, words.begin);
    if (e.kind == words.begin)
      spans.begin(kind + e.fields.dump(),
                  {Span::Kind::fault, e.node, 0, e.at, {}, true, fault_label(e, words.words), e.source});
    if (e.kind == words.end) {
      const std::string exact = kind + e.fields.dump();
      spans.end(spans.is_open(exact) ? exact : spans.last_open(kind), e.at);
    }
  }
  if (e.kind != "link_policy" || told_as_a_whole) return;
  const int from = e.fields.value("from", 0);
  const int to = e.fields.value("to", 0);
  const std::string key = fmt::format("fault link {} {}", from, to);
  if (is_plain(e))
    spans.end(key, e.at);
  else
    spans.begin(key, {Span::Kind::fault,
                      0,
                      0,
                      e.at,
                      {},
                      true,
                      fmt::format("{} {}->{}", e.fields.value("drop", false) ? "drop" : "reset", from, to),
                      e.source});
}

void relations(Spans& spans, const Event& e) {
  const int peer = std::atoi(text_field(e, "node").c_str());
  const std::string what = text_field(e, "event");
  if (e.kind == "o2hb_node_event" && text_field(e, "class") == "global" && peer != e.node) {
    const std::string key = fmt::format("node {} member {}", e.node, peer);
    if (what == "up")
      spans.begin(key, {Span::Kind::member, e.node, peer, e.at, {}, true, {}, e.source});
    else if (what == "down")
      spans.end(key, e.at);
  }
  if (e.kind == "o2net_connection") {
    const std::string key = fmt::format("node {} connected {}", e.node, peer);
    if (what == "up")
      spans.begin(key, {Span::Kind::connected, e.node, peer, e.at, {}, true, {}, e.source});
    else if (what == "down" || what == "shutdown")
      spans.end(key, e.at);
  }
}

/// The node in "Begin replay journal (node 3, slot 1) …" and "Begin recovery on domain … for node 3"; 0: it
/// names none.
int node_recovered(const std::string& text) {
  const size_t at = text.rfind("node ");
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 5);
}

void recoveries(Spans& spans, const Event& e) {
  if (e.source != "console" || e.kind != "line") return;
  const std::string text = text_field(e, "text");
  const auto has = [&](const char* words) { return text.find(words) != std::string::npos; };
  for (const auto& [begin, end, label] :
       {std::tuple{"Begin replay journal", "End replay journal", "journal replay"},
        std::tuple{"Begin recovery on domain", "End recovery on domain", "lock domain recovery"}}) {
    const std::string key = fmt::format("node {} {}", e.node, label);
    if (has(begin))
      spans.begin(key, {Span::Kind::recovery, e.node, node_recovered(text), e.at, {}, true, label, e.source});
    if (has(end)) spans.end(key, e.at);
  }
}

/// Cutting two nodes off two others is eight links at once, and one fault to a reader.
std::vector<Span> joined_links(std::vector<Span> spans) {
  constexpr Duration together = 100ms;
  constexpr size_t longest = 120;
  std::vector<Span> out;
  const auto is_link = [](const Span& s) { return s.kind == Span::Kind::fault && s.source == "switch"; };
  for (Span& s : spans) {
    const auto same = std::find_if(out.rbegin(), out.rend(), [&](const Span& o) {
      return is_link(o) && s.from - o.from < together && std::max(s.to - o.to, o.to - s.to) < together &&
             o.label.substr(0, 4) == s.label.substr(0, 4);
    });
    if (!is_link(s) || same == out.rend())
      out.push_back(std::move(s));
    else if (same->label.size() < longest)
      same->label += ", " + s.label.substr(s.label.find(' ') + 1);
  }
  return out;
}

/// Whether this expected_death is of that node, or of one of several with it.
bool is_expected_of(const Event& expected, int node) {
  if (expected.node != 0) return expected.node == node;
  return fmt::format(" {} ", text_field(expected, "nodes")).find(fmt::format(" {} ", node)) !=
         std::string::npos;
}

/// From the time that the case expected this death from; none where it did not, or where no one fences.
std::optional<Duration> since_expected(const std::vector<Event>& events, const Event& death) {
  constexpr const char* fences[] = {"quorum",      "disk_timeout", "own_link",
                                    "poison_pill", "watchdog",     "host_power"};
  const std::string cause = text_field(death, "cause");
  if (std::find(std::begin(fences), std::end(fences), cause) == std::end(fences)) return {};
  const Event* met = nullptr;
  for (const Event& e : events) {
    if (&e == &death) break;
    if (e.source != "judge" || text_field(e, "cause") != cause) continue;
    if (e.kind == "expected_death" && is_expected_of(e, death.node)) met = &e;
    if (e.kind == "death" && met != nullptr && is_expected_of(*met, e.node)) met = nullptr;
  }
  if (met == nullptr) return {};
  return death.at - met->at;
}

}  // namespace

std::vector<Event> on_host_clock(std::vector<Event> events) {
  // A clock is told when its incarnation ends, so they are read from the end.
  std::map<std::pair<int, int>, GuestClock> clocks;
  for (auto e = events.rbegin(); e != events.rend(); ++e) {
    const std::pair<int, int> who{e->lab, e->node};
    if (e->source == "lab" && e->kind == "power_on") clocks.erase(who);
    if (e->source != "trace") continue;
    if (e->kind == "guest_clock") {
      clocks.insert_or_assign(who, e->fields.at("clock").get<GuestClock>());
      continue;
    }
    const auto clock = clocks.find(who);
    if (clock == clocks.end() || !e->fields.contains("guest_s")) continue;
    const auto guest = std::llround(e->fields["guest_s"].get<double>() * 1e9);
    if (const auto moment = clock->second.host(guest, to_ns(e->at))) {
      e->at = from_ns(moment->ns);
      e->fields["error_ns"] = moment->error_ns;
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  return events;
}

std::vector<Span> spans_of(const std::vector<Event>& events, TimePoint from, TimePoint to) {
  Spans spans(to);
  std::map<int, int64_t> off;  // seconds, by node
  const bool told_as_a_whole =
      std::any_of(events.begin(), events.end(), [](const Event& e) { return e.kind == "network_fault"; });
  for (const Event& e : events) {
    if (e.at < from || e.at > to) continue;
    const std::string node = fmt::format("node {} ", e.node);
    if (e.source == "lab" && e.kind == "power_on")
      spans.begin(node, {Span::Kind::alive, e.node, 0, e.at, {}, true, {}, e.source});
    if (e.source == "lab" && e.kind == "gone") spans.end_all(node, e.at);
    if (e.kind == "expected_death")
      spans.add({Span::Kind::expected, e.node, 0, e.at + Duration(e.fields.value("from_ns", int64_t{0})),
                 std::min(to, e.at + Duration(e.fields.value("to_ns", int64_t{0}))), false,
                 text_field(e, "cause"), e.source});
    faults(spans, e, told_as_a_whole);
    clock_steps(spans, e, off);
    relations(spans, e);
    recoveries(spans, e);
  }
  return joined_links(spans.take());
}

std::vector<DeathTimes> deaths_of(const std::vector<Event>& events, TimePoint from, TimePoint to) {
  std::vector<DeathTimes> out;
  std::map<int, bool> by_lab;  // powered off
  const std::vector<Span> spans = spans_of(events, from, to);
  for (const Event& e : events) {
    if (e.at < from || e.at > to) continue;
    if (e.source == "lab" && e.kind == "power_off") by_lab[e.node] = true;
    if (e.source == "lab" && e.kind == "power_on") by_lab.erase(e.node);
    // kill() tells the fault first and the power-off that carries it out after it.
    if (e.source == "judge" && e.kind == "death") {
      const bool cut = std::any_of(events.begin(), events.end(), [&](const Event& f) {
        return f.node == e.node && f.source == "fault" && f.kind == "power_cut" && f.at <= e.at &&
               e.at - f.at < 30s;
      });
      const std::optional<Duration> fence = since_expected(events, e);
      // The power switch of the lab fences by a power-off, too.
      if (by_lab.count(e.node) > 0 && !cut && !fence) continue;
      const DeathTimes death{e.node, text_field(e, "cause"), e.at, fence, {}, {}};
      out.push_back(death);
    }
  }
  const auto ends_with_its_node = [&](const Span& s) {
    return std::any_of(events.begin(), events.end(), [&](const Event& e) {
      return e.node == s.node && e.source == "lab" && e.kind == "gone" && e.at == s.to;
    });
  };
  for (DeathTimes& death : out) {
    for (const Span& s : spans) {
      // A node without the tracepoints says nothing, and one that joins later speaks of a later death.
      if (s.kind == Span::Kind::member && s.peer == death.node && !s.open && s.from <= death.at &&
          s.to >= death.at && !ends_with_its_node(s) &&
          (!death.detected || s.to - death.at < *death.detected))
        death.detected = s.to - death.at;
      if (s.kind == Span::Kind::recovery && !s.open && s.node != death.node &&
          (s.peer == 0 || s.peer == death.node) && s.from >= death.at && s.from - death.at < 60s &&
          (!death.recovered || s.to - death.at > *death.recovered))
        death.recovered = s.to - death.at;
    }
  }
  return out;
}

}  // namespace o2lab
