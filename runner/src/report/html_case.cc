// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/html_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "console/guest_clock.h"
#include "report/legs.h"
#include "report/story.h"
#include "report/svg.h"
#include "report/text.h"

namespace o2lab {
namespace {

constexpr size_t report_lines = 120;
constexpr size_t console_lines = 40;
constexpr size_t most_told = 14;

std::string verdict_of(const Interval& i) {
  if (i.ok) return "";
  if (!i.measured) return "never seen";
  if (i.lower && *i.measured < *i.lower) return "too early";
  return "too late";
}

std::string intervals_html(const std::vector<Interval>& intervals) {
  if (intervals.empty()) return "";
  std::string out =
      "<h3>Measured times and their bounds</h3><div class=\"scroll\"><table class=\"intervals\">"
      "<tr><th>Interval</th><th class=\"num\">Measured</th><th>Allowed</th><th></th><th></th></tr>\n";
  for (const Interval& i : intervals)
    out += fmt::format(
        "<tr><td>{}</td><td class=\"num\">{}</td><td>{}</td><td>{}</td><td class=\"late\">{}</td></tr>\n",
        html(i.name), i.measured ? human(*i.measured) : "none", bounds_of(i), interval_svg(i), verdict_of(i));
  return out + "</table></div>\n";
}

/// How far the times of each guest can be trusted.
std::string clocks_html(const std::vector<Event>& events) {
  std::string out;
  for (const Event& e : events) {
    if (e.source != "trace" || e.kind != "guest_clock") continue;
    const auto clock = e.fields.at("clock").get<GuestClock>();
    int64_t error = 0, samples = 0, trip = std::numeric_limits<int64_t>::max();
    for (const ClockStretch& s : clock.stretches()) {
      samples += s.samples;
      trip = std::min(trip, s.round_trip_ns);
      for (const ClockPoint& p : s.points) error = std::max(error, p.error_ns);
    }
    out += fmt::format("{}node{}{} \u00b1{:.2f} ms ({} pings, best {:.2f} ms{})", out.empty() ? "" : ", ",
                       e.node, e.fields.value("incarnation", 1) > 1 ? " again" : "",
                       static_cast<double>(error) / 1e6, samples, static_cast<double>(trip) / 1e6,
                       clock.stretches().size() > 1 ? ", was suspended" : "");
  }
  return out.empty() ? ""
                     : "<p class=\"soft small\">Trace events stand where they happened, by the clock of "
                       "their guest: " +
                           out + "</p>\n";
}

std::string timeline_html(const CaseResult& c, const std::vector<Event>& events, CaseView& view) {
  size_t all = static_cast<size_t>(
      std::count_if(events.begin(), events.end(), [](const Event& e) { return mark_of(e) != Mark::hidden; }));
  if (view.shown.empty()) return "";
  std::string out = "<h3>Timeline, seconds from the start of the case</h3><div class=\"zoomed\">" +
                    timeline_svg(c, view) + "</div>";
  out += clocks_html(events);
  out += fmt::format(
      "<details><summary class=\"soft\">{} {} events as a list</summary><table class=\"events\">\n",
      all > view.shown.size() ? fmt::format("The most telling {} of", view.shown.size()) : "These", all);
  for (const Event& e : view.shown)
    out += fmt::format("<tr><td>{:+.3f}<td>{}<td>{}\n", to_seconds(e.at - c.started), lane_of(e),
                       html(label_of(e)));
  return out + "</table></details>\n";
}

/// Leads to a line of a node's console. A browser opens it at its top, so the number stands in the text.
std::string place_html(const CaseResult& c, const ReportExtras& extras, int node, const std::string& line) {
  const auto consoles = extras.consoles.find(c.folder());
  if (node == 0 || line.empty() || consoles == extras.consoles.end()) return "";
  const auto console = consoles->second.find(node);
  const size_t at = console == consoles->second.end() ? std::string::npos : console->second.find(line);
  if (at == std::string::npos) return "";
  const std::string& text = console->second;
  const auto before = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  return fmt::format(" <a href=\"{}\">node{}.console, line {}</a>",
                     href(fmt::format("{}/node{}.console", c.folder(), node)), node, before + 1);
}

std::string story_html(const CaseResult& c, const std::vector<Event>& events,
                       const std::optional<Telling>& wrong, const ReportExtras& extras) {
  const auto at = [&](TimePoint t) { return fmt::format("{:+.1f} s", to_seconds(t - c.started)); };
  std::string out = "<dl class=\"story\">";
  if (!c.guards.empty()) out += "<dt>Guards</dt><dd>" + html(c.guards) + "</dd>";
  if (wrong)
    out += fmt::format("<dt class=\"late\">First wrong</dt><dd><b>{}</b> {}{}</dd>", at(wrong->at),
                       html(wrong->text), place_html(c, extras, wrong->node, wrong->line));
  const std::vector<Telling> done = what_was_done(events);
  if (!done.empty()) {
    out += "<dt>Done</dt><dd>";
    for (size_t i = 0; i < std::min(done.size(), most_told); ++i)
      out += fmt::format("<span class=\"at\">{}</span> {}<br>", at(done[i].at), html(done[i].text));
    if (done.size() > most_told)
      out += fmt::format("<span class=\"soft\">and {} more, in the timeline</span>", done.size() - most_told);
    out += "</dd>";
  }
  if (c.verdict == Verdict::skip) return out + "</dl>\n";
  if (!c.kernels.empty()) {
    out += "<dt>Kernels</dt><dd>" + html(c.flavour);
    for (const auto& [node, kernel] : c.kernels) out += fmt::format(", node{}: {}", node, html(kernel));
    out += "</dd>";
  }
  if (c.cluster)
    out += fmt::format("<dt>Cluster</dt><dd>{}, kernel {}</dd>", html(c.cluster->text()), html(c.flavour));
  if (!c.checkpoint.empty())
    out += fmt::format("<dt>Nodes</dt><dd>from checkpoint <code>{}</code></dd>", html(c.checkpoint));
  if (c.failed()) out += fmt::format("<dt>Seed</dt><dd><code>--seed {}</code></dd>", c.seed);
  out += "<dt>Expected</dt><dd>";
  for (const std::string& text : what_was_expected(c, events)) out += html(text) + "<br>";
  return out + "</dd></dl>\n";
}

std::string audits_html(const std::vector<AuditResult>& audits) {
  if (audits.empty()) return "";
  std::string out = "<h3>Audits</h3><table class=\"audits\">";
  for (const AuditResult& a : audits) {
    std::string text = a.looked_at;
    for (const std::string& one : a.findings) text += (text.empty() ? "" : "\n") + one;
    const bool plain = a.outcome == AuditResult::Outcome::fail || a.outcome == AuditResult::Outcome::skip;
    out += fmt::format(
        "<tr><td><span class=\"badge {}\">{}</span></td><td>{}</td><td class=\"soft\">{}</td></tr>\n",
        plain ? name_of(a.outcome) : "pass", name_of(a.outcome), html(a.name), html(one_line(text, 600)));
  }
  return out + "</table>\n";
}

std::string messages_html(const CaseResult& c) {
  std::string out;
  for (const Message& m : c.messages) {
    out += "<div class=\"message\">";
    if (!m.place().empty()) out += "<div class=\"place\"><code>" + html(m.place()) + "</code></div>";
    out += "<pre>" + html(strip_terminal(m.text)) + "</pre></div>\n";
  }
  for (const std::string& reason : c.retry_reasons)
    out += "<p class=\"soft\">An earlier attempt was thrown away: " + html(reason) + "</p>\n";
  return out;
}

std::string kernel_html(const CaseResult& c, const ReportExtras& extras) {
  if (c.kernel_reports.empty()) return "";
  const Finding& first = c.kernel_reports.front();
  std::string out =
      fmt::format("<h3>First kernel report: node{}, {}, {:+.3f} s{}</h3>", first.node, html(first.kind),
                  to_seconds(first.at - c.started), place_html(c, extras, first.node, first_line(first)));
  const std::string text = strip_terminal(first.text.empty() ? first.title : first.text);
  const std::string shown = head(text, report_lines);
  out += "<pre class=\"kernel\">" + html(shown) + "</pre>\n";
  if (shown.size() < text.size()) out += "<p class=\"soft\">Cut here; the rest is in the node's dmesg.</p>\n";
  if (c.kernel_reports.size() > 1) {
    out += fmt::format("<details><summary class=\"soft\">{} more, by their titles</summary><ul>",
                       c.kernel_reports.size() - 1);
    for (size_t i = 1; i < c.kernel_reports.size(); ++i)
      out += fmt::format("<li>node{}, {:+.3f} s: {}</li>", c.kernel_reports[i].node,
                         to_seconds(c.kernel_reports[i].at - c.started), html(c.kernel_reports[i].title));
    out += "</ul></details>\n";
  }
  return out;
}

std::string console_html(const CaseResult& c) {
  if (!c.failed() || c.console_tail.empty()) return "";
  return "<details><summary class=\"soft\">Last console lines</summary><pre class=\"kernel\">" +
         html(tail(strip_terminal(c.console_tail), console_lines)) + "</pre></details>\n";
}

std::string files_html(const CaseResult& c) {
  if (c.artefacts.empty()) return "";
  std::string out = "<h3>Files</h3><ul class=\"files\">";
  for (const Artefact& a : c.artefacts)
    out += fmt::format("<li><a href=\"{}\">{}</a></li>", href(a.path), html(a.label));
  return out + "</ul>\n";
}

}  // namespace

std::string badge_html(const CaseResult& c) {
  if (c.failed_as_expected()) return "<span class=\"badge skip\">expected</span>";
  return fmt::format("<span class=\"badge {0}\">{0}</span>", name_of(c.verdict));
}

std::string anchor_of(const CaseResult& c) {
  return c.folder().substr(c.folder().rfind('/') + 1);
}

std::string case_html(const CaseResult& c, const std::vector<Event>& events, const std::vector<Span>& spans,
                      const ReportExtras& extras) {
  CaseView view;
  view.shown = timeline_events(c, events);
  view.spans = spans;
  if (const auto beats = extras.beats.find(c.folder()); beats != extras.beats.end())
    view.beats = beats->second;
  const std::optional<Telling> wrong = first_wrong(c, events);
  if (wrong) view.first_wrong = wrong->at;
  std::string out =
      fmt::format("<details class=\"case{}\" id=\"{}\"{}><summary>{}<b>{}</b>", c.failed() ? "" : " quiet",
                  html(anchor_of(c)), c.failed() ? " open" : "", badge_html(c), html(told_name(c)));
  if (c.failed() && c.failure != FailureClass::none)
    out += fmt::format("<span class=\"tag\">{}</span>", name_of(c.failure));
  out += fmt::format("<span class=\"soft num\">{}</span></summary>\n",
                     c.verdict == Verdict::skip ? "" : human(c.duration()));
  out += story_html(c, events, wrong, extras) + messages_html(c) + kernel_html(c, extras) +
         intervals_html(c.intervals) + timeline_html(c, events, view) + audits_html(c.audits) +
         console_html(c) + files_html(c);
  return out + "</details>\n";
}

}  // namespace o2lab
