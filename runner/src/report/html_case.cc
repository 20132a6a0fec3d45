// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/html_case.h"

#include <fmt/format.h>

#include "report/svg.h"
#include "report/text.h"

namespace o2lab {
namespace {

constexpr size_t report_lines = 120;
constexpr size_t console_lines = 40;

std::string allowed(const Interval& i) {
  if (i.lower && i.upper) return fmt::format("{} to {}", human(*i.lower), human(*i.upper));
  if (i.upper) return "at most " + human(*i.upper);
  if (i.lower) return "at least " + human(*i.lower);
  return "not bounded";
}

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
        html(i.name), i.measured ? human(*i.measured) : "none", allowed(i), interval_svg(i), verdict_of(i));
  return out + "</table></div>\n";
}

std::string legend_html() {
  return "<div class=\"legend\">"
         "<span><svg width=\"12\" height=\"12\"><path class=\"fault\" d=\"M6 0l6 6l-6 6l-6 "
         "-6z\"/></svg>fault injected</span>"
         "<span><svg width=\"12\" height=\"12\"><rect class=\"bad\" x=\"1\" y=\"1\" width=\"10\" "
         "height=\"10\"/></svg>"
         "panic, fence, reset, kernel report, loss</span>"
         "<span><svg width=\"12\" height=\"12\"><circle class=\"good\" cx=\"6\" cy=\"6\" "
         "r=\"5\"/></svg>ready, mounted, up</span>"
         "<span><svg width=\"12\" height=\"12\"><circle class=\"info\" cx=\"6\" cy=\"6\" r=\"3.5\"/></svg>"
         "membership, connections, quorum</span>"
         "<span><svg width=\"12\" height=\"14\"><rect class=\"step\" x=\"4\" width=\"3\" "
         "height=\"14\"/></svg>step of the case</span>"
         "</div>";
}

std::string timeline_html(const CaseResult& c, const std::vector<Event>& events) {
  const std::vector<Event> shown = timeline_events(c, events);
  if (shown.empty()) return "";
  std::string out = "<h3>Timeline, seconds from the start of the case</h3><div class=\"scroll\">" +
                    timeline_svg(c, shown) + "</div>" + legend_html() +
                    fmt::format(
                        "<details><summary class=\"soft\">These {} events as a list</summary>"
                        "<div class=\"scroll\"><table class=\"events\">\n",
                        shown.size());
  for (const Event& e : shown)
    out += fmt::format(
        "<tr><td class=\"num\">{:+.3f} "
        "s</td><td>{}</td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>\n",
        to_seconds(e.at - c.started), lane_of(e), html(e.source), html(label_of(e)),
        html(e.fields.empty()
                 ? ""
                 : one_line(e.fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), 400)));
  return out +
         "</table></div><p class=\"soft\">All events of the run are in <a "
         "href=\"events.jsonl\">events.jsonl</a>."
         "</p></details>\n";
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

std::string kernel_html(const CaseResult& c) {
  if (c.kernel_reports.empty()) return "";
  const Finding& first = c.kernel_reports.front();
  std::string out = fmt::format("<h3>First kernel report: node{}, {}, {:+.3f} s</h3>", first.node,
                                html(first.kind), to_seconds(first.at - c.started));
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
  return fmt::format("<span class=\"badge {0}\">{0}</span>", name_of(c.verdict));
}

std::string case_html(const CaseResult& c, size_t number, const std::vector<Event>& events) {
  std::string out = fmt::format("<details class=\"case{}\" id=\"case-{}\"{}><summary>{}<b>{}</b>",
                                c.failed() ? "" : " quiet", number, c.failed() ? " open" : "", badge_html(c),
                                html(c.full_name()));
  if (c.failed() && c.failure != FailureClass::none)
    out += fmt::format("<span class=\"tag\">{}</span>", name_of(c.failure));
  out += fmt::format("<span class=\"soft num\">{}</span></summary>\n",
                     c.verdict == Verdict::skip ? "" : human(c.duration()));
  if (!c.guards.empty()) out += "<p>Guards: " + html(c.guards) + "</p>\n";
  out += messages_html(c) + kernel_html(c) + intervals_html(c.intervals) + timeline_html(c, events) +
         console_html(c) + files_html(c);
  return out + "</details>\n";
}

}  // namespace o2lab
