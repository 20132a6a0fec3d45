// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "report/svg.h"
#include "report/text.h"

namespace o2lab {
namespace {

// The script of the page knows these two.
constexpr double left = 64;
constexpr double plot = 920;
constexpr double width = left + plot + 16;
constexpr double letter_width = 6.1;  // of the 11 px sans-serif that the style sheet sets, on the wide side
constexpr size_t longest_label = 40;
constexpr double marks_height = 30;
constexpr double beats_height = 8;
constexpr double peer_height = 6;
// Spans of one node counted as up by another, or connected to it: thousands are no picture.
constexpr size_t most_relations = 160;

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

struct Room {
  double from;
  double to;
};

/// True, and the room taken, when nothing in the lane is in the way.
bool take_room(std::vector<Room>& taken, Room wanted) {
  for (const Room& s : taken)
    if (wanted.from < s.to && s.from < wanted.to) return false;
  taken.push_back(wanted);
  return true;
}

struct Lane {
  double top = 0;
  double height = 0;
  std::vector<int> peers;  ///< in the order of their rows
  double marks() const { return top + marks_height / 2; }
  double beats() const { return top + marks_height; }
  double peer(int number) const {
    const auto at = std::find(peers.begin(), peers.end(), number) - peers.begin();
    return top + marks_height + beats_height + peer_height * static_cast<double>(at);
  }
};

class Picture {
 public:
  Picture(const CaseResult& result, const CaseView& view)
      : view_(view), start_(result.started), seconds_(std::max(to_seconds(result.duration()), 1e-3)) {
    for (const Event& e : view.shown) nodes_ = std::max(nodes_, e.node);
    for (const Span& s : view.spans) nodes_ = std::max(nodes_, s.node);
    nodes_ = std::clamp(std::max(nodes_, result.nodes), 0, 32);
    add_lane("case", false);
    for (int n = 1; n <= nodes_; ++n) add_lane(fmt::format("node{}", n), true);
    add_lane("wire", false);
    add_lane("disk", false);
  }

  std::string draw() {
    out_ = fmt::format(
        R"(<svg class="timeline" viewBox="0 0 {} {:.0f}" data-seconds="{:.6f}" role="img" aria-label="Timeline of the case">)",
        width, bottom_ + 22, seconds_);
    for (const auto& [name, lane] : lanes_)
      out_ += fmt::format(R"(<text class="lane" x="0" y="{:.0f}">{}</text>)", lane.marks() + 4, name);
    out_ += fmt::format(R"(<svg x="{}" width="{}" height="{:.0f}">)", left, plot, bottom_ + 22);
    axis();
    // Drawn in seconds and stretched as a whole, so that to zoom is to change one number.
    out_ += fmt::format(R"x(<g class="x" transform="scale({:.4f} 1)">)x", plot / seconds_);
    spans();
    beats();
    if (view_.first_wrong)
      out_ +=
          fmt::format(R"(<path class="wrong" d="M{:.4f} 0V{:.0f}"/>)", seconds(*view_.first_wrong), bottom_);
    out_ += "</g>";
    marks();
    return out_ + "</svg></svg>";
  }

 private:
  void add_lane(const std::string& name, bool node) {
    Lane lane;
    lane.top = bottom_ + 3;
    lane.height = marks_height;
    if (node) {
      const int number = static_cast<int>(order_.size());
      for (const Span& s : view_.spans)
        if (s.peer > 0 && s.peer <= 32 && s.node == number &&
            std::find(lane.peers.begin(), lane.peers.end(), s.peer) == lane.peers.end())
          lane.peers.push_back(s.peer);
      std::sort(lane.peers.begin(), lane.peers.end());
      if (lane.peers.size() > 8) lane.peers.resize(8);
      lane.height += beats_height + peer_height * static_cast<double>(lane.peers.size());
    }
    bottom_ = lane.top + lane.height;
    lanes_[name] = lane;
    order_.push_back(name);
  }

  double seconds(TimePoint t) const { return std::clamp(to_seconds(t - start_), 0.0, seconds_); }

  void axis() {
    const double step = tick_step(seconds_);
    const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
    out_ += R"(<g class="axis">)";
    for (int i = 0; i * step <= seconds_ * 1.0001; ++i)
      out_ += fmt::format(
          R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1:.0f}"/><text class="tick{5}" x="{0:.1f}" y="{2:.0f}">{3:.{4}f} s</text>)",
          plot * i * step / seconds_, bottom_, bottom_ + 15, i * step, digits, i == 0 ? " first" : "");
    out_ += "</g>";
  }

  void rectangle(const char* kind, const Span& s, double y, double height, const std::string& label) {
    const double from = seconds(s.from);
    out_ +=
        fmt::format(R"(<rect class="{}" x="{:.4f}" y="{:.1f}" width="{:.4f}" height="{:.1f}" data-l="{}"/>)",
                    kind, from, y, std::max(seconds(s.to) - from, seconds_ / 4000), height, html(label));
  }

  void spans() {
    for (const Span& s : view_.spans) {
      const auto at = lanes_.find(fmt::format("node{}", s.node));
      const Lane* lane = at == lanes_.end() ? nullptr : &at->second;
      if (s.kind == Span::Kind::alive && lane != nullptr) rectangle("alive", s, lane->top, lane->height, "");
      if (s.kind == Span::Kind::fault) {
        rectangle("band all", s, 0, bottom_, "");
        if (lane != nullptr) rectangle("band", s, lane->top, lane->height, s.label);
        if (lane == nullptr || s.source == "disk") {
          const Lane& own = lanes_[s.source == "disk" ? "disk" : "wire"];
          rectangle("band", s, own.top, own.height, s.label);
        }
      }
    }
    size_t drawn = 0;
    for (const Span& s : view_.spans) {
      const auto at = lanes_.find(fmt::format("node{}", s.node));
      if (at == lanes_.end()) continue;
      const Lane& lane = at->second;
      const bool has_row = std::find(lane.peers.begin(), lane.peers.end(), s.peer) != lane.peers.end();
      const bool relation = s.kind == Span::Kind::member || s.kind == Span::Kind::connected;
      if (relation && has_row && drawn++ >= most_relations) continue;
      if (s.kind == Span::Kind::member && has_row)
        rectangle("member", s, lane.peer(s.peer), 2, fmt::format("counts node{} as up", s.peer));
      if (s.kind == Span::Kind::connected && has_row)
        rectangle("connected", s, lane.peer(s.peer) + 2, 2, fmt::format("connected to node{}", s.peer));
      if (s.kind == Span::Kind::recovery) rectangle("recovery", s, lane.marks() - 6, 12, s.label);
      if (s.kind == Span::Kind::expected)
        rectangle("expected", s, lane.top + 1, marks_height - 2, "expected to die in here: " + s.label);
    }
  }

  void beats() {
    for (const auto& [node, times] : view_.beats) {
      const auto lane = lanes_.find(fmt::format("node{}", node));
      if (lane == lanes_.end() || times.empty()) continue;
      out_ += fmt::format(R"(<path class="beats" data-y="{:.1f}" d=")", lane->second.beats());
      for (const TimePoint t : times)
        out_ += fmt::format("M{:.3f} {:.0f}v{:.0f}", seconds(t), lane->second.beats(), beats_height - 2);
      out_ += R"("/>)";
    }
  }

  void marks() {
    std::map<std::string, std::vector<Room>> taken;
    const auto x_of = [&](const Event& e) { return plot * seconds(e.at) / seconds_; };
    for (const Event& e : view_.shown) taken[lane_of(e)].push_back({x_of(e) - 7, x_of(e) + 7});
    // What went wrong is named first; the others get a name where there is still room.
    std::map<const Event*, std::string> named;
    for (const bool important : {true, false})
      for (const Event& e : view_.shown) {
        const Mark mark = mark_of(e);
        if ((mark == Mark::bad || mark == Mark::fault) != important) continue;
        const std::string label = one_line(label_of(e), longest_label);
        const double length = letter_width * static_cast<double>(label.size());
        const double x = x_of(e);
        std::vector<Room>& room = taken[lane_of(e)];
        if (x + 9 + length <= plot && take_room(room, {x + 8, x + 13 + length}))
          named[&e] = fmt::format(R"(<text x="9" y="4">{}</text>)", html(label));
        else if (x - 9 - length >= 0 && take_room(room, {x - 13 - length, x - 8}))
          named[&e] = fmt::format(R"(<text class="before" x="-9" y="4">{}</text>)", html(label));
      }
    for (const Event& e : view_.shown) {
      const auto lane = lanes_.find(lane_of(e));
      if (lane == lanes_.end()) continue;
      const std::string error =
          e.fields.contains("error_ns")
              ? fmt::format(R"( data-e="{:.2f}")",
                            static_cast<double>(e.fields["error_ns"].get<int64_t>()) / 1e6)
              : "";
      const char* mark = class_of(mark_of(e));
      out_ += fmt::format(
          R"x(<g class="m {0}" data-t="{1:.4f}"{2} data-l="{3}" transform="translate({4:.1f} {5:.0f})"><use href="#m-{0}"/>{6}</g>)x",
          mark, to_seconds(e.at - start_), error, html(label_of(e)), x_of(e), lane->second.marks(),
          named[&e]);
    }
  }

  const CaseView& view_;
  const TimePoint start_;
  const double seconds_;
  int nodes_ = 0;
  double bottom_ = 0;
  std::map<std::string, Lane> lanes_;
  std::vector<std::string> order_;
  std::string out_;
};

}  // namespace

std::string timeline_symbols() {
  // Shapes differ too, for readers who cannot tell the colours apart.
  return R"(<svg class="symbols" width="0" height="0" aria-hidden="true"><defs>)"
         R"(<path id="m-fault" d="M0 -6l6 6l-6 6l-6 -6z"/><rect id="m-bad" x="-5" y="-5" width="10" height="10"/>)"
         R"(<circle id="m-good" r="5"/><circle id="m-info" r="3.5"/><rect id="m-step" x="-1.5" y="-7" width="3" height="14"/>)"
         "</defs></svg>\n";
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

std::string timeline_svg(const CaseResult& result, const CaseView& view) {
  return view.shown.empty() ? "" : Picture(result, view).draw();
}

}  // namespace o2lab
