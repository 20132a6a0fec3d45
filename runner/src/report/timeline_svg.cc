// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "report/svg.h"
#include "report/text.h"

namespace o2lab {
namespace {

constexpr double width = 1000;
constexpr double left = 64;
constexpr double right = 984;
constexpr double lane_height = 34;
constexpr double letter_width = 6.1;  // of the 11 px sans-serif that the style sheet sets, on the wide side
constexpr size_t longest_label = 34;

bool has(const std::string& kind, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return kind.find(word) != std::string::npos; });
}

/// The smallest of 1, 2, 5 times a power of ten that cuts `seconds` into at most ten parts.
double tick_step(double seconds) {
  const double rough = std::max(seconds, 1e-6) / 10;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * 0.999) return factor * power;
  return 10 * power;
}

const char* class_of(Mark mark) {
  switch (mark) {
    case Mark::fault:
      return "fault";
    case Mark::bad:
      return "bad";
    case Mark::good:
      return "good";
    case Mark::info:
      return "info";
    default:
      return "step";
  }
}

/// Shapes differ too, for readers who cannot tell the colours apart.
std::string shape(Mark mark, double x, double y) {
  switch (mark) {
    case Mark::fault:
      return fmt::format(R"(<path d="M{:.1f} {:.1f}l6 6l-6 6l-6 -6z"/>)", x, y - 6);
    case Mark::bad:
      return fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="10" height="10"/>)", x - 5, y - 5);
    case Mark::good:
      return fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="5"/>)", x, y);
    case Mark::info:
      return fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3.5"/>)", x, y);
    default:
      return fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="3" height="14"/>)", x - 1.5, y - 7);
  }
}

struct Span {
  double from;
  double to;
};

/// True, and the room taken, when nothing in the lane is in the way.
bool take_room(std::vector<Span>& taken, Span wanted) {
  for (const Span& s : taken)
    if (wanted.from < s.to && s.from < wanted.to) return false;
  taken.push_back(wanted);
  return true;
}

std::string axis(double seconds, double height) {
  std::string out;
  const double step = tick_step(seconds);
  const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
  for (int i = 0; i * step <= seconds * 1.0001; ++i) {
    const double x = left + (right - left) * i * step / seconds;
    out += fmt::format(
        R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="4" y2="{1:.0f}"/><text class="tick" x="{0:.1f}" y="{2:.0f}">{3:.{4}f}{5}</text>)",
        x, height - 18, height - 5, i * step, digits, i == 0 ? " s" : "");
  }
  return out;
}

}  // namespace

Mark mark_of(const Event& e) {
  if (e.source == "fault") return Mark::fault;
  if (has(e.kind, {"panic", "oops", "warn", "lockdep", "kasan", "hung", "fence", "reset", "crash", "timeout",
                   "kernel_report", "bug", "lost", "error", "fail"}))
    return Mark::bad;
  if (e.source == "case" || e.source == "judge") return Mark::step;
  if (has(e.kind,
          {"umount", "unmount", "disconnect", "down", "quorum", "conn", "still_up", "stopped", "left"}))
    return Mark::info;
  if (has(e.kind, {"ready", "mount", "_up", "recover", "joined"})) return Mark::good;
  return Mark::hidden;
}

std::vector<Event> timeline_events(const CaseResult& result, const std::vector<Event>& events, size_t limit) {
  std::vector<Event> out;
  for (const Event& e : events)
    if (e.lab == result.lab && e.at >= result.started && e.at <= result.ended && mark_of(e) != Mark::hidden)
      out.push_back(e);
  for (const Mark dispensable : {Mark::info, Mark::good, Mark::step}) {
    size_t surplus = out.size() > limit ? out.size() - limit : 0;
    std::erase_if(out,
                  [&](const Event& e) { return surplus > 0 && mark_of(e) == dispensable && surplus-- > 0; });
  }
  if (out.size() > limit) out.resize(limit);
  std::stable_sort(out.begin(), out.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  return out;
}

std::string label_of(const Event& e) {
  std::string words = e.kind;
  std::replace(words.begin(), words.end(), '_', ' ');
  if (!e.fields.is_object()) return words;
  if (e.kind == "step")
    for (const char* key : {"text", "name", "step"})
      if (e.fields.contains(key) && e.fields[key].is_string())
        return one_line(e.fields[key].get<std::string>(), 120);
  for (const char* key : {"cause", "verdict", "state", "volume", "peer", "text"}) {
    const auto field = e.fields.find(key);
    if (field == e.fields.end()) continue;
    const std::string value = field->is_string() ? field->get<std::string>() : field->dump();
    return fmt::format("{}: {}{}", words, std::string_view(key) == "peer" ? "peer " : "",
                       one_line(value, 120));
  }
  return words;
}

std::string lane_of(const Event& e) {
  if (e.source == "switch") return "wire";
  if (e.source == "disk") return "disk";
  return e.node > 0 && e.source != "case" && e.source != "judge" ? fmt::format("node{}", e.node) : "case";
}

std::string timeline_svg(const CaseResult& result, const std::vector<Event>& shown) {
  if (shown.empty()) return "";
  int nodes = result.nodes;
  for (const Event& e : shown) nodes = std::max(nodes, e.node);
  std::vector<std::string> lanes = {"case"};
  for (int n = 1; n <= nodes; ++n) lanes.push_back(fmt::format("node{}", n));
  lanes.insert(lanes.end(), {"wire", "disk"});

  const double height = lane_height * static_cast<double>(lanes.size()) + 28;
  const double seconds = std::max(to_seconds(result.duration()), 1e-3);
  const auto x_of = [&](const Event& e) {
    return left + (right - left) * to_seconds(e.at - result.started) / seconds;
  };
  std::map<std::string, double> y_of;
  std::map<std::string, std::vector<Span>> taken;

  std::string out = fmt::format(
      R"(<svg class="timeline" viewBox="0 0 {} {:.0f}" role="img" aria-label="Timeline of the case">)", width,
      height);
  out += axis(seconds, height);
  for (size_t i = 0; i < lanes.size(); ++i) {
    const double y = 4 + lane_height * (static_cast<double>(i) + 0.5);
    y_of[lanes[i]] = y;
    out += fmt::format(R"(<text class="lane" x="0" y="{:.1f}">{}</text>)", y + 4, lanes[i]);
    out += fmt::format(R"(<line class="lane" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", left, right, y, y);
  }
  for (const Event& e : shown) {
    const double x = x_of(e);
    taken[lane_of(e)].push_back({x - 7, x + 7});
    out += fmt::format(R"(<g class="{}"><title>{:+.3f} s {} {}: {}</title>{}</g>)", class_of(mark_of(e)),
                       to_seconds(e.at - result.started), lane_of(e), html(e.source), html(label_of(e)),
                       shape(mark_of(e), x, y_of[lane_of(e)]));
  }
  // What went wrong is named first; the others get a name where there is still room.
  for (const bool important : {true, false}) {
    for (const Event& e : shown) {
      const Mark mark = mark_of(e);
      if ((mark == Mark::bad || mark == Mark::fault) != important) continue;
      const std::string label = one_line(label_of(e), longest_label);
      const double length = letter_width * static_cast<double>(label.size());
      const double x = x_of(e);
      std::vector<Span>& room = taken[lane_of(e)];
      const double y = y_of[lane_of(e)] + 4;
      if (x + 9 + length <= width && take_room(room, {x + 8, x + 13 + length}))
        out += fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>)", class_of(mark), x + 9, y,
                           html(label));
      else if (x - 9 - length >= left && take_room(room, {x - 13 - length, x - 8}))
        out += fmt::format(R"(<text class="{} before" x="{:.1f}" y="{:.1f}">{}</text>)", class_of(mark),
                           x - 9, y, html(label));
    }
  }
  return out + "</svg>";
}

}  // namespace o2lab
